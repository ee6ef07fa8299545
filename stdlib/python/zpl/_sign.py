"""What the annotations of a function say, as a signature of zpl."""
from __future__ import annotations

import ast
from typing import Any, List, Optional, Sequence, Tuple, Union

from zpl._names import Names, quote, split

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
#: A parameter, its kind ("plain", "placed", "rest", "keywords"), its default.
Param = Tuple[ast.arg, str, Optional[ast.expr]]


class Unsigned(Exception):
    """Why annotations make no signature, in words that follow the function's name."""


_SCALARS = {
    "int": "Int",
    "float": "Float",
    "str": "String",
    "bool": "Bool",
    "bytes": "Bytes",
    "datetime.datetime": "Timestamp",
    "pandas.Timestamp": "Timestamp",
    "datetime.date": "Date",
    "pathlib.Path": "Path",
}
_TABLES = ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table")
_MODELS = {
    "xgboost.Booster": "xgboost",
    "xgboost.XGBModel": "xgboost",
    "xgboost.XGBClassifier": "xgboost",
    "xgboost.XGBRegressor": "xgboost",
    "xgboost.XGBRanker": "xgboost",
    "torch.nn.Module": "torch",
    "torch.nn.modules.module.Module": "torch",
    "torch.jit.ScriptModule": "torch",
    "keras.Model": "keras",
    "keras.Sequential": "keras",
    "keras.models.Model": "keras",
    "keras.models.Sequential": "keras",
    "tensorflow.keras.Model": "keras",
    "tensorflow.keras.Sequential": "keras",
    "tensorflow.keras.models.Model": "keras",
    "tensorflow.keras.models.Sequential": "keras",
    "tensorflow.Module": "tensorflow",
    "lightgbm.Booster": "lightgbm",
    "lightgbm.LGBMModel": "lightgbm",
    "lightgbm.LGBMClassifier": "lightgbm",
    "lightgbm.LGBMRegressor": "lightgbm",
    "lightgbm.LGBMRanker": "lightgbm",
    "onnx.ModelProto": "onnx",
    "onnxruntime.InferenceSession": "onnx",
}
_PICTURES = (
    "PIL.Image.Image",
    "matplotlib.figure.Figure",
    "matplotlib.pyplot.Figure",
    "matplotlib.axes.Axes",
    "matplotlib.pyplot.Axes",
    "plotly.graph_objects.Figure",
    "plotly.graph_objs.Figure",
)
_ARRAYS = ("numpy.ndarray", "numpy.typing.NDArray", "torch.Tensor")
_JSON = ("dict", "list", "object", "typing.Any", "typing.Mapping", "typing.MutableMapping")
#: Types of zpl that people write as annotations, and what Python calls them.
_FOREIGN = {
    "Int": "int",
    "Float": "float",
    "String": "str",
    "Bool": "bool",
    "Bytes": "bytes",
    "Timestamp": "datetime.datetime",
    "Date": "datetime.date",
    "Json": "dict",
}
_ADVICE = "write Annotated[…, \"its zpl type\"] or give the function a @zpl.step(\"…\")"


class _Signer:
    """Spells what the annotations of one function say as a signature of zpl."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def _class_of(self, annotation: str) -> Optional[ast.ClassDef]:
        return self.names.classes.get(annotation)

    def _names_of(self, node: ast.ClassDef) -> Names:
        return self.names.theirs.get(node, self.names)

    def _bases(self, node: ast.ClassDef) -> List[str]:
        return [self._names_of(node).spell(b) for b in node.bases]

    def _is_dataclass(self, node: ast.ClassDef) -> bool:
        return self._is_decorated(node, "dataclasses.dataclass")

    def _is_decorated(self, node: ast.ClassDef, name: str) -> bool:
        heads = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        return any(self._names_of(node).spell(h) == name for h in heads)

    def _fields(self, node: ast.ClassDef) -> List[Tuple[str, str]]:
        return [
            (s.target.id, self._names_of(node).spell(s.annotation))
            for s in node.body
            if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
        ]

    def type_of(self, annotation: str, who: str, out: bool, name: str = "rows") -> str:
        """The zpl type of an annotation.  Raises Unsigned."""
        if annotation.startswith('zpl:"'):
            return annotation[5:-1]
        parts = split(annotation, " | ")
        if len(parts) == 2 and parts[1] == "None":
            inner = self.type_of(parts[0], who, out, name)
            if inner.split(" ")[0] not in set(_SCALARS.values()) | {"Enum"}:
                raise Unsigned("%s may be None, which only a scalar of zpl can: %s" % (who, _ADVICE))
            return "Optional(%s)" % inner
        if len(parts) > 1:
            raise Unsigned("%s is one of several types, %s: %s" % (who, annotation, _ADVICE))
        if annotation in _SCALARS:
            return "File" if out and annotation == "pathlib.Path" else _SCALARS[annotation]
        if annotation in _TABLES:
            return "Table {...}" if out else "Table {...%s}" % name
        if annotation in ("zpl.File", "zpl.Dir"):
            return annotation[4:]
        if annotation == "PIL.Image.Image" or (out and annotation in _PICTURES):
            return "File"
        if annotation in _MODELS:
            return "Model {%s}" % _MODELS[annotation]
        if annotation.split(".")[0] == "sklearn":
            return "Model {sklearn}"
        return self._compound(annotation, who, out)

    def _compound(self, annotation: str, who: str, out: bool) -> str:
        head, _, rest = annotation.partition("[")
        inside = split(rest[:-1], ", ") if rest else []
        if head == "Literal":
            return self._enum(inside, who)
        if head in ("list", "typing.Sequence", "typing.Iterable") and len(inside) == 1:
            if inside[0] in _TABLES or inside[0] in _MODELS:
                raise Unsigned(
                    "%s is a list of what is no value, %s: a step takes and gives each table and model by a name of its own"
                    % (who, inside[0])
                )
            item = self._item(inside[0], who)
            return "List(%s)" % item if item else "Json"
        if head in _JSON:
            return "Json"
        node = self._class_of(head)
        if node is not None and (self._is_dataclass(node) or "typing.TypedDict" in self._bases(node)):
            return "Json"
        if node is not None and "pydantic.BaseModel" in self._bases(node):
            return "Json"
        if head in _ARRAYS:
            raise Unsigned(
                "%s is a %s, and a Tensor has elements and dimensions: write Annotated[%s, \"Tensor f32[n, 3]\"]"
                % (who, head, head.rsplit(".", 1)[-1])
            )
        for base in self._bases(node) if node is not None else ():
            if base in _MODELS:
                return "Model {%s}" % _MODELS[base]
        if node is not None and self._is_decorated(node, "zpl.materialiser"):
            raise Unsigned(
                '%s is a %s, which a materialiser keeps: say as what, Annotated[%s, "File"], "Dir" or "Model {mine}"'
                % (who, head, head)
            )
        pythons = _pythons(annotation)
        if pythons is not None:
            raise Unsigned("%s is %s, as zpl writes it: in Python it is %s" % (who, annotation, pythons))
        meant = _meant(annotation)
        if meant is not None:
            raise Unsigned("%s is a %s, and zpl knows %s: did you mean that?" % (who, annotation, meant))
        raise Unsigned("%s is a %s, which has no zpl type of its own: %s" % (who, annotation, _ADVICE))

    def _item(self, annotation: str, who: str) -> Optional[str]:
        """The type of a list's items; None: only JSON holds them."""
        try:
            item = self.type_of(annotation, who, False)
        except Unsigned:
            return None
        return item if item.split(" ")[0].split("(")[0] in set(_SCALARS.values()) | {"Enum", "List"} else None

    def _enum(self, values: List[str], who: str) -> str:
        if all(v.startswith('"') for v in values):
            return "Enum {%s}" % ", ".join(values)
        if all(v.lstrip("-").isdigit() for v in values):
            return "Int one_of { %s }" % ", ".join(values)
        raise Unsigned("%s is one of values that are not all texts: %s" % (who, _ADVICE))

    # -- what it takes

    def field(self, arg: ast.arg, default: Optional[ast.expr]) -> str:
        who = "parameter '%s'" % arg.arg
        if not arg.arg.isascii():
            raise Unsigned("%s has other letters than a to z in its name" % who)
        if arg.annotation is None:
            raise Unsigned("%s has no annotation" % who)
        variable = arg.arg if arg.arg[0].islower() else "r_" + arg.arg
        kind = self.type_of(self.names.spell(arg.annotation), who, False, variable)
        if default is None:
            return "%s: %s" % (arg.arg, kind)
        if isinstance(default, ast.Constant) and default.value is None:
            return "%s?: %s" % (arg.arg, kind[9:-1] if kind.startswith("Optional(") else kind)
        return "%s: %s = %s" % (arg.arg, kind, self._default(default, kind, who))

    def _default(self, node: ast.expr, kind: str, who: str) -> str:
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError):
            value = self._path_of(node)
            if value is None:
                raise Unsigned("the default of %s is no literal: %s" % (who, _ADVICE)) from None
        text = _literal(value, kind)
        if text is None:
            raise Unsigned("the default of %s is none of its type: %s" % (who, _ADVICE))
        return text

    def _path_of(self, node: ast.expr) -> Optional[str]:
        """The text in Path("…")."""
        if isinstance(node, ast.Call) and self.names.spell(node.func) == "pathlib.Path" and len(node.args) == 1:
            arg = node.args[0]
            return arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None
        return None

    # -- what it gives

    def outputs(self, node: Function) -> str:
        if node.returns is None:
            raise Unsigned("it does not say what it returns")
        annotation = self.names.spell(node.returns)
        if annotation == "None":
            raise Unsigned("it returns None, and a step gives something")
        named = self._named(annotation)
        if named is not None:
            return ", ".join("%s: %s" % (n, self.type_of(a, "'%s' of what it returns" % n, True)) for n, a in named)
        head, _, rest = annotation.partition("[")
        members = split(rest[:-1], ", ") if head == "tuple" and rest else [annotation]
        if "..." in members or head == "tuple" and not rest:
            raise Unsigned("it returns a tuple of any length: %s" % _ADVICE)
        types = []
        for i, member in enumerate(members):
            who = "what it returns" if len(members) == 1 else "member %d of what it returns" % (i + 1)
            types.append(self._report(member) or self.type_of(member, who, True))
        return ", ".join("%s: %s" % pair for pair in zip(_output_names(types), types))

    def _named(self, annotation: str) -> Optional[List[Tuple[str, str]]]:
        """The outputs that a NamedTuple gives names to."""
        node = self._class_of(annotation)
        return self._fields(node) if node is not None and "typing.NamedTuple" in self._bases(node) else None

    def _report(self, annotation: str) -> Optional[str]:
        """A record of nothing but numbers and texts is a Report, whose fields a program can ask for."""
        node = self._class_of(annotation)
        if node is None or not (self._is_dataclass(node) or "typing.TypedDict" in self._bases(node)):
            return None
        fields = self._fields(node)
        if not fields or any(a not in ("int", "float", "bool", "str") for _, a in fields):
            return None
        return "Report {%s}" % ", ".join("%s: %s" % (n, _SCALARS[a]) for n, a in fields)


def _output_names(types: Sequence[str]) -> List[str]:
    kinds = {"Table": "rows", "Model": "model", "Report": "report", "File": "file", "Dir": "dir"}
    names = [kinds.get(t.split(" ")[0], "value") for t in types]
    return [n if names.count(n) == 1 else n + str(names[: i + 1].count(n)) for i, n in enumerate(names)]


def _literal(value: Any, kind: str) -> Optional[str]:
    """A default as zpl writes it; None: it is none of that type."""
    base = kind[9:-1] if kind.startswith("Optional(") else kind
    if isinstance(value, bool):
        return str(value).lower() if base in ("Bool", "Json") else None
    if isinstance(value, int):
        return repr(value) if base.split(" ")[0] in ("Int", "Float", "Json") else None
    if isinstance(value, float):
        return repr(value) if base in ("Float", "Json") and value == value and abs(value) < 1e308 else None
    if isinstance(value, str) and base == "Path":
        return "Path " + quote(value)
    if isinstance(value, str):
        return quote(value) if base.split(" ")[0] in ("String", "Enum", "Date", "Timestamp", "Json") else None
    if isinstance(value, (list, tuple)) and (base.startswith("List(") or base == "Json"):
        items = [_literal(v, base[5:-1] if base != "Json" else base) for v in value]
        return None if None in items else "{ %s }" % ", ".join(str(i) for i in items) if items else "{}"
    return None


def _meant(annotation: str) -> Optional[str]:
    """A class that is written with other large letters; None: there is none."""
    known = [*_SCALARS, *_TABLES, *_MODELS, *_PICTURES, "zpl.File", "zpl.Dir"]
    return next((k for k in known if k.lower() == annotation.lower()), None)


def _pythons(annotation: str) -> Optional[str]:
    """What Python writes for a type in zpl's words, which was met in an annotation; None: it is no such."""
    if annotation in _FOREIGN:
        return _FOREIGN[annotation]
    head, bracket, inside = annotation.rstrip(")").partition("(")
    if not bracket or head not in ("Optional", "typing.Optional", "List", "typing.List"):
        return None
    inner = _FOREIGN.get(inside, inside)
    return "%s | None" % inner if head.endswith("Optional") else "list[%s]" % inner


def declared(node: Function, names: Names) -> Tuple[Optional[str], Optional[str]]:
    """The text of @zpl.step("…"), and why there is none although it is there."""
    for d in node.decorator_list:
        if isinstance(d, ast.Call) and names.spell(d.func) == "zpl.step" and d.args:
            if isinstance(d.args[0], ast.Constant) and isinstance(d.args[0].value, str):
                return d.args[0].value, None
            return None, "its @zpl.step(…) is given no text but what has to be run for it"
    return None, None


def sign(node: Function, params: Sequence[Param], names: Names) -> str:
    signer = _Signer(names)
    fields = []
    for arg, kind, default in params:
        if kind != "plain":
            shown = {"placed": "%s, /", "rest": "*%s", "keywords": "**%s"}[kind] % arg.arg
            raise Unsigned("it takes '%s', and a step's inputs are given by name" % shown)
        fields.append(signer.field(arg, default))
    return "(%s) -> (%s)" % (", ".join(fields), signer.outputs(node))
