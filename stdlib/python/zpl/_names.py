"""What the names and annotations of a file of Python stand for, read from its syntax."""
from __future__ import annotations

import ast
from typing import Dict, Iterator, List, Sequence


class Names:
    """What names at the top of a file stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.full: Dict[str, str] = {}  # of what is imported: "pd" is "pandas"
        self.aliases: Dict[str, ast.expr] = {}  # Rows = pd.DataFrame
        self.modules: List[str] = []  # that are imported, or something from them, as they are written
        self.classes: Dict[str, ast.ClassDef] = {}
        self.theirs: Dict[ast.ClassDef, Names] = {}  # of classes that other files have, what names stand for there
        for node in top_level(tree.body):
            self._take(node)

    def _take(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                self.full[name] = alias.name if alias.asname else name
                self.modules.append(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            if node.names[0].name == "*" and base in ("typing", "typing_extensions"):
                for name in _TYPING:
                    self.full.setdefault(name, "typing." + name)
                return
            self.modules.append(base)
            for alias in node.names:
                dot = "" if base.endswith(".") else "."
                self.full[alias.asname or alias.name] = base + dot + alias.name
                self.modules.append(base + dot + alias.name)  # it may be one
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name) and _is_type_like(node.value):
                self.aliases[node.targets[0].id] = node.value
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node

    def borrow(self, module: str, names: Names) -> None:
        """Classes of a module that this file imports from, by what an annotation spells of them."""
        for name, node in names.classes.items():
            self.classes[module + ("" if module.endswith(".") else ".") + name] = node
            self.theirs[node] = names

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


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a file that are run when it is imported, those below `if`, `try` and `with` too."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from top_level(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from top_level(handler.body)


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
        for one in split(part, " | "):
            if one not in flat:
                flat.append(one)
    if "None" in flat:  # last, however it is written
        flat.remove("None")
        flat.append("None")
    return " | ".join(flat)


def split(text: str, mark: str) -> List[str]:
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
    return quote(value) if isinstance(value, str) else repr(value)


def quote(text: str) -> str:
    """A text as zpl writes it."""
    out = []
    for c in text:
        plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c)
        out.append(plain or ("\\x%02x" % ord(c) if ord(c) < 32 or ord(c) == 127 else c))
    return '"%s"' % "".join(out)
