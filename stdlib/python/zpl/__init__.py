"""zpl in Python: what a step that is a Python function uses.

    import pandas as pd
    import zpl

    def clean(rows: pd.DataFrame, depth: int = 6) -> pd.DataFrame:
        zpl.context().log("%d rows" % len(rows))
        return rows.dropna()

and what notebooks and scripts read pipelines by: `zpl.run("delays.zpl", minutes=30)`, `zpl.load("last/evaluate/report")`.

Nothing here is needed to be a step: a plain function is one.  What is asked for is loaded then, so that small steps start
fast.
"""
from __future__ import annotations

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any

    from zpl._client import Error, Run, RunFailed, artifacts, load, run
    from zpl._context import Context, context
    from zpl._marks import Dir, File, materialiser, step

_HOMES = {
    "Context": "_context",
    "context": "_context",
    "Dir": "_marks",
    "File": "_marks",
    "materialiser": "_marks",
    "step": "_marks",
    "Error": "_client",
    "Run": "_client",
    "RunFailed": "_client",
    "artifacts": "_client",
    "load": "_client",
    "run": "_client",
}
__all__ = [
    "Context",
    "Dir",
    "Error",
    "File",
    "Run",
    "RunFailed",
    "artifacts",
    "context",
    "load",
    "materialiser",
    "run",
    "step",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError("module 'zpl' has no attribute '%s'" % name)
    from importlib import import_module

    return getattr(import_module("zpl." + _HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
