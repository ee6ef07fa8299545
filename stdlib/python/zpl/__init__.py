"""zpl in Python: what a step that is a Python function uses.

    import pandas as pd
    import zpl

    def clean(rows: pd.DataFrame, depth: int = 6) -> pd.DataFrame:
        zpl.context().log("%d rows" % len(rows))
        return rows.dropna()

Nothing here is needed to be a step: a plain function is one.  What is asked for is loaded then, so that small steps start
fast.
"""
from __future__ import annotations

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any

    from zpl._context import Context, context
    from zpl._marks import Dir, File, materialiser, step

__all__ = ["Context", "Dir", "File", "context", "materialiser", "step"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError("module 'zpl' has no attribute '%s'" % name)
    from importlib import import_module

    module = import_module("zpl._context" if name in ("Context", "context") else "zpl._marks")
    return getattr(module, name)
