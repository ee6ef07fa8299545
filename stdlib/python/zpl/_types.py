"""The types of zpl, read from the text that zpl writes them as ("Table {hour: Int, late: Optional(Bool)}").

Refinements (ranges, patterns, defaults) are held by zpl itself: here they are read over.
"""
from __future__ import annotations

import re
from functools import lru_cache

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple


class Type:
    """One type; which fields say something depends on the kind.

    kind: "Int", "Table", …; optional; elem: a List's; columns: (name, type) of a Table, Record, Report, and a Model's
    features; has_row: it says its columns; open: others may follow; values: an Enum's, or a Tensor's dimensions;
    framework, label, label_type: a Model's; dtype: a Tensor's; text: as written.  What it does not say is None.
    """

    __slots__ = (
        "kind", "optional", "elem", "columns", "has_row", "open", "values", "framework", "label", "label_type", "dtype", "text",
        "by_name",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        optional: bool = False,
        elem: Optional[Type] = None,
        columns: Tuple[Tuple[str, Type], ...] = (),
        has_row: bool = False,
        open: bool = False,
        values: Optional[Tuple[str, ...]] = None,
        framework: Optional[str] = None,
        label: Optional[str] = None,
        label_type: Optional[Type] = None,
        dtype: Optional[str] = None,
        text: str = "",
    ) -> None:
        self.kind, self.optional, self.elem, self.columns = kind, optional, elem, columns
        self.has_row, self.open, self.values, self.framework = has_row, open, values, framework
        self.label, self.label_type, self.dtype, self.text = label, label_type, dtype, text
        self.by_name: Optional[Dict[str, Type]] = None  # made when it is asked for

    def but(self, **changes: Any) -> Type:
        """The same type with other fields."""
        fields = {n: getattr(self, n) for n in self.__slots__ if n != "by_name"}
        fields.update(changes)
        return Type(**fields)

    def column(self, name: str) -> Optional[Type]:
        """The type of the column of that name; None: it tells of none."""
        if self.by_name is None:
            self.by_name = dict(self.columns)
        return self.by_name.get(name)


_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(?P<mark>->|\.\.\.|…|\.\.|[(){}\[\],:?=/-]))",
    re.S,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def _unquote(text: str) -> str:
    def one(m: "re.Match[str]") -> str:
        return chr(int(m.group(1)[1:], 16)) if m.group(1)[0] == "x" else _ESCAPES.get(m.group(1), m.group(1))

    return re.sub(r"\\(x[0-9a-fA-F]{2}|.)", one, text[1:-1], flags=re.S)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: List[Tuple[str, str, int, int]] = []  # kind, text, start, end
        at = 0
        while text[at:].strip():
            m = _TOKEN.match(text, at)
            if m is None:
                raise ValueError("a type that can't be read: %r" % text)
            kind = str(m.lastgroup)
            self.tokens.append((kind, m.group(kind), m.start(kind), m.end()))
            at = m.end()
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        i = self.at + ahead
        return self.tokens[i][1] if i < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: Optional[str] = None) -> str:
        if self.at >= len(self.tokens) or (wanted is not None and self.peek() != wanted):
            raise ValueError("a type that can't be read: %r" % self.text)
        self.at += 1
        return self.tokens[self.at - 1][1]

    def name(self) -> str:
        return _unquote(self.take()) if self.kind() == "string" else self.take()

    def comma(self) -> None:
        if self.peek() == ",":
            self.take()

    def type(self) -> Type:
        start = self.tokens[self.at][2] if self.at < len(self.tokens) else 0
        base = self.base()
        self.refinements()
        return base.but(text=self.text[start : self.tokens[self.at - 1][3]])

    def base(self) -> Type:
        kind = self.take()
        if kind == "Optional":
            self.take("(")
            inner = self.type()
            self.take(")")
            return inner.but(optional=True)
        if kind == "List":
            self.take("(")
            inner = self.type()
            self.take(")")
            return Type(kind, elem=inner)
        if kind == "Enum" and self.peek() == "{":
            self.take()
            values = []
            while self.peek() != "}":
                values.append(self.name())
                self.comma()
            self.take("}")
            return Type(kind, values=tuple(values))
        if kind in ("Table", "Record", "Report"):
            if self.peek() != "{":
                return Type(kind, open=True)
            columns, is_open = self.row()
            return Type(kind, columns=columns, has_row=True, open=is_open)
        if kind == "Model":
            return self.model()
        if kind == "Tensor":
            dtype = self.take()
            self.take("[")
            dims = []
            while self.peek() != "]":
                dims.append(self.take())
                self.comma()
            self.take("]")
            return Type(kind, dtype=dtype, values=tuple(dims))
        return Type(kind)

    def row(self) -> Tuple[Tuple[Tuple[str, Type], ...], bool]:
        columns = []
        is_open = False
        self.take("{")
        while self.peek() != "}":
            if self.peek() in ("...", "…"):
                self.take()
                is_open = True
                if self.kind() == "name":
                    self.take()
            else:
                name = self.name()
                kind = Type("Any")
                if self.peek() == ":":
                    self.take()
                    kind = self.type()
                columns.append((name, kind))
            self.comma()
        self.take("}")
        return tuple(columns), is_open

    def model(self) -> Type:
        out = Type("Model")
        if self.peek() != "{":
            return out
        self.take()
        while self.peek() != "}":
            if self.peek(1) != ":":
                out = out.but(framework=self.take())
            elif self.take() == "features":
                self.take(":")
                if self.peek() == "{":
                    columns, is_open = self.row()
                    out = out.but(columns=columns, open=is_open, has_row=True)
                else:
                    self.take()
            else:
                self.take(":")
                out = out.but(label=self.name())
                if self.peek() == ":":
                    self.take()
                    out = out.but(label_type=self.type())
            self.comma()
        self.take("}")
        return out

    def refinements(self) -> None:
        while True:
            word = self.peek()
            if word in ("unique", "required", "hindsight"):
                self.take()
            elif word in ("one_of", "default", "match"):
                self.take()
                self.literal()
            elif word == "..":
                self.take()
                if self.kind() in ("number", "string"):
                    self.take()
            elif self.kind() in ("number", "string") and self.peek(1) == "..":
                self.take()
            else:
                return

    def literal(self) -> None:
        if self.peek() == "Path":
            self.take()
        if self.peek() != "{":
            self.take()
            while self.peek() == "/":  # 0/0
                self.take()
                self.take()
            return
        depth = 0
        while True:
            word = self.take()
            depth += (word == "{") - (word == "}")
            if depth == 0:
                return


@lru_cache(maxsize=None)
def parse(text: str) -> Type:
    """The type that a text says, the same object for the same text.  Raises ValueError for a text that zpl would not write."""
    parser = _Parser(text)
    out = parser.type()
    if parser.at != len(parser.tokens):
        raise ValueError("a type that can't be read: %r" % text)
    return out
