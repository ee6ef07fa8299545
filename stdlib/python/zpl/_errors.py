"""What goes wrong between a step and zpl, apart from what a step raises itself."""
from __future__ import annotations

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any


class StepError(Exception):
    """An error for whoever wrote the step.  `kind`: "type", "arity", "import", "missing" or "changed"."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def type_name(value: Any) -> str:
    """What a value is, as people write it: "int", "pandas.DataFrame", "None"."""
    cls = type(value)
    if value is None:
        return "None"
    module = (cls.__module__ or "").split(".")[0]
    return cls.__qualname__ if module in ("builtins", "__main__", "") else "%s.%s" % (module, cls.__qualname__)


def a_type(value: Any) -> str:
    """The same with its article: "an int"."""
    name = type_name(value)
    return name if value is None else ("an " if name[0] in "aeio" else "a ") + name
