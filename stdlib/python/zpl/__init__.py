"""zpl in Python: what a step that is a Python function uses.

    import pandas as pd
    import zpl

    def clean(rows: pd.DataFrame, depth: int = 6) -> pd.DataFrame:
        zpl.context().log("%d rows" % len(rows))
        return rows.dropna()

Nothing here is needed to be a step: a plain function is one.
"""
from __future__ import annotations

from zpl._context import Context, context
from zpl._marks import Dir, File, materialiser, step

__all__ = ["Context", "Dir", "File", "context", "materialiser", "step"]
