"""Tensors in columns: between the bytes that are stored, Arrow and arrays of NumPy."""
from __future__ import annotations

from typing import Any, List, Optional, Tuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zpl import _tensors
from zpl._arrow import chunked, is_pandas, kind_of
from zpl._errors import StepError
from zpl._types import Type


def block_of(column: pa.ChunkedArray, kind: Type) -> Tuple[Any, Optional[List[bool]]]:
    """A stored column of Tensors as one array, of the rows that have a value; and which have one, None: all."""
    there = column.is_valid().to_pylist() if column.null_count else None
    dtype = _tensors.dtype_of(kind)
    parts = []
    for chunk in column.drop_null().chunks if there is not None else column.chunks:
        if pa.types.is_list(chunk.type) or pa.types.is_large_list(chunk.type):  # as zpl exports it
            parts.append(chunk.flatten().to_numpy(zero_copy_only=False).astype(dtype, copy=False))
            continue
        offsets = np.frombuffer(chunk.buffers()[1], np.int64 if pa.types.is_large_binary(chunk.type) else np.int32)
        begin, end = (int(offsets[chunk.offset + i]) for i in (0, len(chunk))) if len(chunk) else (0, 0)
        data = chunk.buffers()[2]
        if end > begin:
            parts.append(np.frombuffer(data, dtype, (end - begin) // dtype.itemsize, begin))
    rows = len(column) - column.null_count
    flat = np.concatenate(parts) if parts else np.empty(0, dtype)  # Arrow's own memory can't be written
    shape = _tensors.declared_shape(kind)
    known = int(np.prod([d for d in shape if d is not None], dtype=np.int64))
    free = len(flat) // (rows * known) if rows else 1
    return flat.reshape((rows, *(free if d is None else d for d in shape))), there


def to_arrow(column: pa.ChunkedArray, kind: Type, library: str) -> pa.Array:
    """Tensors as Arrow has them: of a fixed shape; for polars, arrays within arrays."""
    block, there = block_of(column, kind)
    shape = block.shape[1:]
    if there is not None:  # a row without a value has room for one
        whole = np.zeros((len(there), *shape), block.dtype)
        whole[np.array(there)] = block
        block = whole
    mask = None if there is None else pa.array([not t for t in there])
    values = pa.array(block.reshape(-1))
    if not shape:
        return values if mask is None else pc.if_else(mask, None, values)
    if library == "polars":
        for size in reversed(shape[1:]):
            values = pa.FixedSizeListArray.from_arrays(values, size)
        return pa.FixedSizeListArray.from_arrays(values, shape[0], mask=mask)
    storage = pa.FixedSizeListArray.from_arrays(values, int(np.prod(shape)), mask=mask)
    if block.dtype.kind == "b" or not hasattr(pa, "fixed_shape_tensor"):  # of bits there is none
        return storage
    return pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(values.type, shape), storage)


def blobs(values: Any, kind: Type, who: str) -> pa.ChunkedArray:
    """Tensors as they are stored."""
    if is_pandas(values) and not hasattr(values.dtype, "pyarrow_dtype"):
        block, there = _tensors.blocks_of(values.to_numpy(dtype=object), kind, who)
    else:
        block, there = _block_of_arrow(chunked(pa.Array.from_pandas(values) if is_pandas(values) else values), kind, who)
    size = block.dtype.itemsize * int(np.prod(block.shape[1:], dtype=np.int64))
    ends = np.cumsum(np.array(there, np.int64)) * size
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    bits = None if all(there) else pa.array(there).buffers()[1]
    buffers = [bits, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(block))]
    return pa.chunked_array([pa.Array.from_buffers(pa.large_binary(), len(there), buffers)])


def _block_of_arrow(array: pa.ChunkedArray, kind: Type, who: str) -> Tuple[Any, List[bool]]:
    """Lists, nested as the Tensor is or flat, and Tensors of Arrow, in one array; and which rows have a value."""
    there = array.is_valid().to_pylist()
    values = array.combine_chunks()
    values = values if isinstance(values, pa.Array) else pa.concat_arrays(values.chunks)
    rows = [i for i, t in enumerate(there) if t]
    shape: List[int] = []
    if isinstance(values, pa.ExtensionArray):
        shape = list(getattr(values.type, "shape", ()))
        if getattr(values.type, "permutation", None) not in (None, list(range(len(shape)))):
            raise StepError("type", "%s has its dimensions in another order: make its rows contiguous" % who)
        values = values.storage.drop_null().flatten()
    else:
        values = values.drop_null()
        while kind_of(values.type) == "List":
            values, size = _inner(values, who, rows, len(shape) == 0)
            shape.append(size)
    if values.null_count:
        place = rows[pc.index(values.is_null(), True).as_py() * len(rows) // len(values)] + 1
        raise StepError("type", "row %d of %s has a null among its values" % (place, who))
    flat = values.to_numpy(zero_copy_only=False)
    wanted = _tensors.declared_shape(kind)
    if rows and not _tensors.fits(tuple(shape), wanted):
        if len(shape) != 1 or None in wanted or shape[0] * len(rows) != _product(wanted) * len(rows):
            raise _tensors.other_shape(tuple(shape), kind, who)
        shape = [w or 0 for w in wanted]
    flat = flat if flat.dtype == _tensors.dtype_of(kind) else _tensors.cast(flat, kind, who)
    return flat.reshape((len(rows), *(shape if rows else [w or 1 for w in wanted]))), there


def _product(shape: Any) -> int:
    out = 1
    for size in shape:
        out *= size
    return out


def _inner(values: Any, who: str, rows: List[int], outermost: bool) -> Tuple[Any, int]:
    """What stands in lists that all are of one length, and that length."""
    if values.null_count:
        raise StepError("type", "%s has a null among its values" % who)
    if pa.types.is_fixed_size_list(values.type):
        return values.flatten(), values.type.list_size
    lengths = pc.list_value_length(values)
    first = lengths[0].as_py() if len(lengths) else 1
    other = pc.index(pc.equal(lengths, first), False).as_py()
    if other >= 0:
        place = rows[other if outermost else other * len(rows) // len(values)] + 1
        raise StepError(
            "type", "row %d of %s has a list of %d values, where those before it have %d" % (place, who, lengths[other].as_py(), first)
        )
    return values.flatten(), first
