"""What goes wrong between a step and zpl, apart from what a step raises itself."""
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Optional


class StepError(Exception):
    """An error for whoever wrote the step.  `kind`: "type", "arity", "import", "missing" or "changed"."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def lacks(package: str, why: str = "") -> str:
    """Words for a package that is not there: what, where, and how to have it.  `why`: what it is for."""
    made = os.sep + os.path.join(".zpl", "envs", "") in sys.prefix + os.sep
    return "it needs the package '%s'%s, which %s does not have: %s" % (
        package,
        " (%s)" % why if why else "",
        "the step's environment" if made else sys.executable,
        "name it in the file of requirements that `env` names" if made else "pip install it there",
    )


def need(module: str, package: Optional[str] = None, why: str = "") -> Any:
    """A module of a package, which is called otherwise maybe.  Raises StepError where it, or what it imports, is not there."""
    from importlib import import_module

    try:
        return import_module(module)
    except ModuleNotFoundError as e:
        top, absent = module.split(".")[0], (e.name or str(e)).split(".")[0]
        raise StepError("missing", lacks(package or top if absent == top else absent, why)) from e


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
