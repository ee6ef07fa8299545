"""Arrow's arrays and types as both the columns of tables and the Tensors in them need them."""
from __future__ import annotations

from typing import Any, Optional

import pyarrow as pa


def is_pandas(values: Any) -> bool:
    return type(values).__module__.split(".")[0] == "pandas"


def first(error: BaseException) -> str:
    """The first line of what a library says."""
    return str(error.args[0] if error.args else error).strip().split("\n")[0]


def chunked(array: Any) -> pa.ChunkedArray:
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


_KIND_OF = (
    ("Bool", pa.types.is_boolean),
    ("Int", pa.types.is_integer),
    ("Float", lambda t: pa.types.is_floating(t) or pa.types.is_decimal(t)),
    ("String", lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or str(t) == "string_view"),
    ("Bytes", lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t) or str(t) == "binary_view"),
    ("Timestamp", pa.types.is_timestamp),
    ("Date", pa.types.is_date),
    (
        "List",
        lambda t: pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_fixed_size_list(t) or "list_view" in str(t),
    ),
)


def kind_of(arrow: pa.DataType) -> Optional[str]:
    for name, test in _KIND_OF:
        if test(arrow):
            return name
    return None
