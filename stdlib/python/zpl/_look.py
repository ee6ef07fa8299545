"""What one file of Python says of itself, read from its text by ``ast``: nothing of it is run.

And what an interpreter is and has: its version, its own modules, the versions of what is installed.
"""
from __future__ import annotations

import ast
import hashlib
import os
import sys
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from zpl._frames import VERSION, Talk, python_version, too_old

_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


class Unsigned(Exception):
    """Why annotations make no signature, in words that follow the function's name."""


# ---- names ----


class Names:
    """What names at the top of a file stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.full: Dict[str, str] = {}  # of what is imported: "pd" is "pandas"
        self.aliases: Dict[str, ast.expr] = {}  # Rows = pd.DataFrame
        self.classes: Dict[str, ast.ClassDef] = {}
        for node in _top(tree.body):
            self._take(node)

    def _take(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                self.full[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            if node.names[0].name == "*" and base in ("typing", "typing_extensions"):
                for name in _TYPING:
                    self.full.setdefault(name, "typing." + name)
                return
            for alias in node.names:
                dot = "" if base.endswith(".") else "."
                self.full[alias.asname or alias.name] = base + dot + alias.name
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name) and _is_type_like(node.value):
                self.aliases[node.targets[0].id] = node.value
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node

    def spell(self, node: ast.expr, depth: int = 0) -> str:
        """An annotation as text, with imported names in full."""
        if depth > 50:
            return "..."
        if isinstance(node, ast.Constant):
            return self._constant(node, depth)
        if isinstance(node, ast.Name):
            if node.id in self.aliases:
                return self.spell(self.aliases[node.id], depth + 1)
            return _canonical(self.full.get(node.id, node.id))
        if isinstance(node, ast.Attribute):
            return _canonical(self.spell(node.value, depth + 1) + "." + node.attr)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _union([self.spell(node.left, depth + 1), self.spell(node.right, depth + 1)])
        if isinstance(node, ast.Subscript):
            return self._subscript(node, depth)
        if isinstance(node, ast.List):
            return "[" + ", ".join(self.spell(e, depth + 1) for e in node.elts) + "]"
        return ast.unparse(node)

    def _constant(self, node: ast.Constant, depth: int) -> str:
        if node.value is Ellipsis:
            return "..."
        if not isinstance(node.value, str):
            return repr(node.value)
        try:
            return self.spell(ast.parse(node.value.strip(), mode="eval").body, depth + 1)
        except (SyntaxError, ValueError):
            return node.value

    def _subscript(self, node: ast.Subscript, depth: int) -> str:
        base = self.spell(node.value, depth + 1)
        inner = node.slice
        items = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        if base == "typing.Annotated":
            for item in items[1:]:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    return 'zpl:"%s"' % item.value
            return self.spell(items[0], depth + 1)
        if base == "typing.Literal":
            return "Literal[%s]" % ", ".join(_literal_text(i) for i in items)
        if base == "typing.Optional":
            return _union([self.spell(items[0], depth + 1), "None"])
        if base == "typing.Union":
            return _union([self.spell(i, depth + 1) for i in items])
        return "%s[%s]" % (base, ", ".join(self.spell(i, depth + 1) for i in items))


def _top(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a file that are run when it is imported, those below `if`, `try` and `with` too."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from _top(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from _top(handler.body)


def _is_type_like(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_type_like(node.value)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr) and _is_type_like(node.left)
    return isinstance(node, (ast.Name, ast.Attribute))


_TYPING = ("Annotated", "Any", "Dict", "List", "Literal", "NamedTuple", "Optional", "Tuple", "TypedDict", "Union")
_GENERIC = {"List": "list", "Dict": "dict", "Tuple": "tuple", "Set": "set", "FrozenSet": "frozenset", "Type": "type"}


def _canonical(name: str) -> str:
    """One spelling for what has several: typing.List is list, pandas.core.frame.DataFrame pandas.DataFrame."""
    for module in ("typing.", "typing_extensions."):
        if name.startswith(module):
            short = name[len(module) :]
            return _GENERIC.get(short, "typing." + short)
    if name.startswith("collections.abc."):
        return "typing." + name[len("collections.abc.") :]
    known = {
        "pandas.core.frame.DataFrame": "pandas.DataFrame",
        "polars.dataframe.DataFrame": "polars.DataFrame",
        "polars.dataframe.frame.DataFrame": "polars.DataFrame",
        "pyarrow.lib.Table": "pyarrow.Table",
        "xgboost.core.Booster": "xgboost.Booster",
    }
    return known.get(name, name)


def _union(parts: List[str]) -> str:
    flat: List[str] = []
    for part in parts:
        for one in _split(part, " | "):
            if one not in flat:
                flat.append(one)
    if "None" in flat:  # last, however it is written
        flat.remove("None")
        flat.append("None")
    return " | ".join(flat)


def _split(text: str, mark: str) -> List[str]:
    """The parts of a text between marks that stand in no brackets and no quotes."""
    parts, depth, start, i, quote = [], 0, 0, 0, ""
    while i < len(text):
        c = text[i]
        if quote:
            if c == "\\":
                i += 1
            elif c == quote:
                quote = ""
        elif c in "\"'":
            quote = c
        elif c in "[({":
            depth += 1
        elif c in "])}":
            depth -= 1
        elif depth == 0 and text.startswith(mark, i):
            parts.append(text[start:i])
            start = i + len(mark)
            i = start
            continue
        i += 1
    parts.append(text[start:])
    return parts


def _literal_text(node: ast.expr) -> str:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
    return _quote(value) if isinstance(value, str) else repr(value)


def _quote(text: str) -> str:
    """A text as zpl writes it."""
    out = []
    for c in text:
        plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c)
        out.append(plain or ("\\x%02x" % ord(c) if ord(c) < 32 or ord(c) == 127 else c))
    return '"%s"' % "".join(out)


# ---- annotations as a signature ----

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
}
_JSON = ("dict", "list", "object", "typing.Any", "typing.Mapping", "typing.MutableMapping")
_ADVICE = "write Annotated[…, \"its zpl type\"] or give the function a @zpl.step(\"…\")"


class _Signer:
    """Spells what the annotations of one function say as a signature of zpl."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def _class_of(self, annotation: str) -> Optional[ast.ClassDef]:
        return self.names.classes.get(annotation)

    def _bases(self, node: ast.ClassDef) -> List[str]:
        return [self.names.spell(b) for b in node.bases]

    def _is_dataclass(self, node: ast.ClassDef) -> bool:
        for d in node.decorator_list:
            head = d.func if isinstance(d, ast.Call) else d
            if self.names.spell(head) == "dataclasses.dataclass":
                return True
        return False

    def _fields(self, node: ast.ClassDef) -> List[Tuple[str, str]]:
        return [
            (s.target.id, self.names.spell(s.annotation))
            for s in node.body
            if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
        ]

    def type_of(self, annotation: str, who: str, out: bool, name: str = "rows") -> str:
        """The zpl type of an annotation.  Raises Unsigned."""
        if annotation.startswith('zpl:"'):
            return annotation[5:-1]
        parts = _split(annotation, " | ")
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
        if annotation in _MODELS:
            return "Model {%s}" % _MODELS[annotation]
        if annotation.split(".")[0] == "sklearn":
            return "Model {sklearn}"
        return self._compound(annotation, who, out)

    def _compound(self, annotation: str, who: str, out: bool) -> str:
        head, _, rest = annotation.partition("[")
        inside = _split(rest[:-1], ", ") if rest else []
        if head == "Literal":
            return self._enum(inside, who)
        if head in ("list", "typing.Sequence", "typing.Iterable") and len(inside) == 1:
            item = self._item(inside[0], who)
            return "List(%s)" % item if item else "Json"
        if head in _JSON:
            return "Json"
        node = self._class_of(head)
        if node is not None and (self._is_dataclass(node) or "typing.TypedDict" in self._bases(node)):
            return "Json"
        if node is not None and "pydantic.BaseModel" in self._bases(node):
            return "Json"
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

    def outputs(self, node: _Function) -> str:
        if node.returns is None:
            raise Unsigned("it does not say what it returns")
        annotation = self.names.spell(node.returns)
        if annotation == "None":
            raise Unsigned("it returns None, and a step gives something")
        named = self._named(annotation)
        if named is not None:
            return ", ".join("%s: %s" % (n, self.type_of(a, "'%s' of what it returns" % n, True)) for n, a in named)
        head, _, rest = annotation.partition("[")
        members = _split(rest[:-1], ", ") if head == "tuple" and rest else [annotation]
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
        return "Path " + _quote(value)
    if isinstance(value, str):
        return _quote(value) if base.split(" ")[0] in ("String", "Enum", "Date", "Timestamp", "Json") else None
    if isinstance(value, (list, tuple)) and (base.startswith("List(") or base == "Json"):
        items = [_literal(v, base[5:-1] if base != "Json" else base) for v in value]
        return None if None in items else "{ %s }" % ", ".join(str(i) for i in items) if items else "{}"
    return None


# ---- functions ----


def _column(lines: Sequence[str], node: Any) -> int:
    """From 1, in characters; ast counts bytes."""
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    return len(line.encode("utf-8")[: node.col_offset].decode("utf-8", "replace")) + 1


def _yields(node: _Function) -> bool:
    todo: List[ast.AST] = list(node.body)
    while todo:
        one = todo.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(one))
    return False


def _params(args: ast.arguments) -> List[Tuple[ast.arg, str, Optional[ast.expr]]]:
    placed = [(a, "placed") for a in args.posonlyargs] + [(a, "plain") for a in args.args]
    missing = len(placed) - len(args.defaults)
    out: List[Tuple[ast.arg, str, Optional[ast.expr]]] = [
        (a, kind, args.defaults[i - missing] if i >= missing else None) for i, (a, kind) in enumerate(placed)
    ]
    if args.vararg is not None:
        out.append((args.vararg, "rest", None))
    out.extend((a, "plain", d) for a, d in zip(args.kwonlyargs, args.kw_defaults))
    if args.kwarg is not None:
        out.append((args.kwarg, "keywords", None))
    return out


def _declared(node: _Function, names: Names) -> Tuple[Optional[str], Optional[str]]:
    """The text of @zpl.step("…"), and why there is none although it is there."""
    for d in node.decorator_list:
        if isinstance(d, ast.Call) and names.spell(d.func) == "zpl.step" and d.args:
            if isinstance(d.args[0], ast.Constant) and isinstance(d.args[0].value, str):
                return d.args[0].value, None
            return None, "its @zpl.step(…) is given no text but what has to be run for it"
    return None, None


def _sign(node: _Function, params: List[Tuple[ast.arg, str, Optional[ast.expr]]], names: Names) -> str:
    signer = _Signer(names)
    fields = []
    for arg, kind, default in params:
        if kind != "plain":
            shown = {"placed": "%s, /", "rest": "*%s", "keywords": "**%s"}[kind] % arg.arg
            raise Unsigned("it takes '%s', and a step's inputs are given by name" % shown)
        fields.append(signer.field(arg, default))
    return "(%s) -> (%s)" % (", ".join(fields), signer.outputs(node))


def _function(node: _Function, names: Names, lines: Sequence[str]) -> Dict[str, Any]:
    params = _params(node.args)
    signature, unsigned = _declared(node, names)
    if signature is None and unsigned is None:
        try:
            signature = _sign(node, params, names)
        except Unsigned as why:
            unsigned = str(why)
    keyword = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    return {
        "line": node.lineno,
        "column": _column(lines, node) + len(keyword),
        "params": [
            {
                "name": arg.arg,
                "kind": kind,
                "annotation": names.spell(arg.annotation) if arg.annotation is not None else None,
                "default": default is not None,
                "line": arg.lineno,
                "column": _column(lines, arg),
            }
            for arg, kind, default in params
        ],
        "returns": names.spell(node.returns) if node.returns is not None else None,
        "signature": signature,
        "unsigned": unsigned,
        "async": isinstance(node, ast.AsyncFunctionDef),
        "generator": _yields(node),
    }


# ---- imports ----


def _imports(tree: ast.Module, names: Names) -> Tuple[List[Dict[str, Any]], List[int]]:
    """All that may be imported, wherever it stands, and the lines of what only a run can tell."""
    found: List[Dict[str, Any]] = []
    dynamic: List[int] = []

    def add(level: int, module: str, what: List[str], line: int) -> None:
        found.append({"level": level, "module": module, "names": what, "line": line})

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                add(0, alias.name, [], node.lineno)
        elif isinstance(node, ast.ImportFrom):
            add(node.level, node.module or "", [a.name for a in node.names], node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            if names.spell(node.func) in ("__import__", "importlib.import_module", "importlib.__import__"):
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value[:1] not in ("", "."):
                    add(0, name.value, [], node.lineno)
                else:
                    dynamic.append(node.lineno)
    found.sort(key=lambda i: (i["line"], i["level"], i["module"]))
    return found, sorted(dynamic)


# ---- the questions ----


def look(text: str) -> Dict[str, Any]:
    """What a file says.

    {"v", "identity", "imports", "dynamic", "functions", "names"}, or {"v", "error": {"line", "column", "message"}} for
    a text that this Python can't parse.  `identity`: SHA-256 of its syntax without positions, in hex.
    """
    try:
        tree = ast.parse(text)
        identity = hashlib.sha256(ast.dump(tree, include_attributes=False).encode("utf-8", "surrogatepass")).hexdigest()
    except SyntaxError as e:
        return {"v": VERSION, "error": {"line": e.lineno or 1, "column": max(e.offset or 1, 1), "message": e.msg}}
    except ValueError as e:  # a NUL inside
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": str(e)}}
    except (RecursionError, MemoryError):
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": "it is nested too deeply to be read"}}
    names = Names(tree)
    lines = text.split("\n")
    imports, dynamic = _imports(tree, names)
    functions = {
        node.name: _function(node, names, lines)
        for node in _top(tree.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    return {
        "v": VERSION,
        "identity": identity,
        "imports": imports,
        "dynamic": dynamic,
        "functions": functions,
        "names": names.full,
    }


def facts() -> Dict[str, Any]:
    """The interpreter: version, executable, the names of its own modules, the folders of what is installed."""
    from zpl._installed import site_folders, standard_names

    return {
        "v": VERSION,
        "version": python_version(),
        "implementation": sys.implementation.name,
        "executable": os.path.abspath(sys.executable),
        "stdlib": sorted(standard_names()),
        "site": site_folders(),
    }


def packages(wanted: Sequence[str]) -> Dict[str, Any]:
    """What provides these modules, with what that needs in turn, and in which versions."""
    from zpl._installed import distributions

    found, missing = distributions(wanted)
    return {"v": VERSION, "packages": {n: {"version": v} for n, v in sorted(found.items())}, "missing": missing}


def answer(question: Dict[str, Any]) -> Dict[str, Any]:
    if question.get("v") != VERSION:
        return {"v": VERSION, "error": {"line": 0, "column": 0, "message": "a question of another version"}}
    if "text" in question and too_old():
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": too_old()}}
    if "text" in question:
        return look(question["text"])
    if "packages" in question:
        return packages(question["packages"])
    return facts()


def serve(fd: int) -> None:
    """Answers one question after the other, until nobody asks."""
    sys.setrecursionlimit(10000)  # long sums and chains of texts are deep trees
    talk = Talk(fd)
    question = talk.receive()
    while question is not None:
        try:
            reply = answer(question)
        except RecursionError:
            reply = {"v": VERSION, "error": {"line": 1, "column": 1, "message": "it is nested too deeply to be read"}}
        talk.send(reply)
        question = talk.receive()
