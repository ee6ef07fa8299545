"""Tensors: columns of tables, and files of NumPy's own format (.npy).

A column is stored as the elements of each value, row by row, in one block of bytes (stdlib/table/tensor.h); so a whole column is
one array of NumPy, of which each row is a view.  NumPy is imported with this module, what else makes arrays never is: torch's
tensors, images and others are known by what they can do.
"""
from __future__ import annotations

from decimal import Decimal
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from zpl._errors import StepError, a_type
from zpl._types import Type

DTYPES = {
    "f32": "<f4",
    "f64": "<f8",
    "i8": "|i1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "u8": "|u1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "bool": "|b1",
}
Shape = Tuple[int, ...]


def dtype_of(kind: Type) -> Any:
    return np.dtype(DTYPES[kind.dtype or "f32"])


def declared_shape(kind: Type) -> Tuple[Optional[int], ...]:
    """The dimensions; None for one that is a name."""
    return tuple(int(d) if d.isdigit() else None for d in kind.values or ())


def _shown(shape: Sequence[Any]) -> str:
    return "[%s]" % ", ".join(str(d) for d in shape)


# ---- one value ----


def array_of(value: Any, kind: Type, who: str) -> Any:
    """An array of the declared elements that is equal to a value, whatever that is.  Raises StepError.

    Numbers of Python's in lists become the nearest element, as JSON's would; arrays say themselves how exact they are.
    """
    target = dtype_of(kind)
    if type(value) is np.ndarray:
        array = value
    elif type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        array = of_torch(value, who)
    elif isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            raise StepError("type", "%s has masked values, and a Tensor has no nulls: fill them" % who)
        array = np.asarray(value)
    elif isinstance(value, (list, tuple)):
        return _of_lists(value, kind, who)
    elif isinstance(value, (bool, int, float)):
        return _of_lists([value], kind, who).reshape(())
    elif any(hasattr(value, n) for n in ("__array__", "__array_interface__", "__dlpack__")):
        array = _of_others(value, who)
    elif hasattr(value, "numpy") and callable(value.numpy):
        array = np.asarray(value.numpy())
    else:
        advice = ": .toarray() makes an array of it" if hasattr(value, "toarray") else ""
        raise StepError("type", "%s is %s, and %s is declared%s" % (who, a_type(value), _type(kind), advice))
    if array.dtype == target:
        return array if target.kind != "b" else array.view("u1") != 0  # an image of PIL has 255 for true
    return cast(array, kind, who)


def of_torch(value: Any, who: str) -> Any:
    """A torch.Tensor as an array."""
    try:
        return value.detach().cpu().resolve_conj().resolve_neg().numpy()
    except (TypeError, AttributeError, RuntimeError) as e:
        what, advice = "of %s" % value.dtype, ".float() makes one that NumPy knows"
        if value.device.type == "meta":
            what, advice = "on no device", "it has no numbers"
        elif value.is_quantized:
            advice = ".dequantize() makes one that NumPy knows"
        elif getattr(value, "is_nested", False) or "strided" not in str(value.layout):
            what, advice = "that is sparse or nested", ".to_dense() or .to_padded_tensor(0) makes one that NumPy knows"
        raise StepError("type", "%s is a torch.Tensor %s: %s" % (who, what, advice)) from e


def _of_others(value: Any, who: str) -> Any:
    try:
        return np.asarray(value) if not hasattr(value, "__dlpack__") or hasattr(value, "__array__") else np.from_dlpack(value)
    except Exception as e:
        raise StepError("type", "%s is %s, which makes no array: %s" % (who, a_type(value), e)) from e


def _of_lists(value: Any, kind: Type, who: str) -> Any:
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError) as e:
        raise StepError("type", "%s is ragged: its lists are of several lengths, or hold other things than numbers" % who) from e
    target = dtype_of(kind)
    if array.dtype == np.float64 and target == np.float32:
        with np.errstate(over="ignore"):
            out = array.astype(target)
        if not (np.isfinite(out) | ~np.isfinite(array)).all():
            raise StepError("type", "%s holds a number that is beyond %s" % (who, kind.dtype))
        return out
    if array.size == 0:
        return array.astype(target)
    return array if array.dtype == target else cast(array, kind, who)


_ODD = {"O": "objects", "V": "fields of a structure", "c": "complex numbers", "U": "texts", "S": "bytes", "M": "moments", "m": "durations"}


def _type(kind: Type) -> str:
    return "Tensor %s[%s]" % (kind.dtype, ", ".join(kind.values or ()))


def cast(array: Any, kind: Type, who: str) -> Any:
    """The same numbers as the declared elements, each equal to what it was."""
    target = dtype_of(kind)
    if array.dtype.kind in _ODD:
        raise StepError("type", "%s holds %s (dtype %s), and %s is declared" % (who, _ODD[array.dtype.kind], array.dtype, _type(kind)))
    if (array.dtype.kind == "b") != (target.kind == "b"):
        raise StepError(
            "type", "%s is of %s, and %s is declared: .astype('%s') says that it is meant" % (who, array.dtype, _type(kind), target.name)
        )
    with np.errstate(all="ignore"):
        out = array.astype(target)
        same = out.astype(array.dtype) == array
    if array.dtype.kind == "f" and target.kind == "f":
        same |= np.isnan(array)
    elif array.dtype.kind == "i" and target.kind == "u":
        same &= array >= 0
    elif array.dtype.kind == "u" and target.kind == "i":
        same &= out >= 0
    elif array.dtype.kind == "f":  # beyond what the whole numbers can be, a cast may come back by chance
        same &= (array >= np.iinfo(target).min) & (array < 2.0 ** np.iinfo(target).bits)
    if not np.all(same):
        lost = array[np.unravel_index(int(np.argmin(same)), array.shape)] if array.shape else array
        how = "rounds" if target.kind == "f" else "cuts"
        raise StepError(
            "type",
            "%s holds %s (dtype %s), which no %s is equal to: .astype('%s') %s"
            % (who, lost, array.dtype, kind.dtype, target.name, how),
        )
    return out


def fits(shape: Shape, wanted: Tuple[Optional[int], ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or w == s for s, w in zip(shape, wanted))


def other_shape(shape: Shape, kind: Type, who: str) -> StepError:
    wanted = declared_shape(kind)
    advice = ""
    if len(shape) == 3 and len(wanted) == 3 and fits((shape[2], shape[0], shape[1]), wanted):
        advice = ": np.asarray(image).transpose(2, 0, 1) puts the channels first"
    elif all(w is not None for w in wanted) and int(np.prod(shape)) == int(np.prod([w or 0 for w in wanted])):
        advice = ": .reshape(%s) makes it so" % ", ".join(str(w) for w in wanted)
    return StepError("type", "%s has the shape %s, and %s is declared%s" % (who, _shown(shape), _type(kind), advice))


# ---- columns ----


_SELF = (float, np.floating, np.datetime64, np.timedelta64)  # of which some are not equal to themselves


def is_missing(value: Any) -> bool:
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return (isinstance(value, _SELF) and bool(value != value)) or (isinstance(value, Decimal) and value.is_nan())


def blocks_of(objects: Sequence[Any], kind: Type, who: str) -> Tuple[Any, List[bool]]:
    """The values of a column in one array, those that are missing left out; and which are there.  `who` is the column."""
    target, wanted = dtype_of(kind), declared_shape(kind)
    found: Optional[Shape] = None
    arrays, there = [], []
    for i, value in enumerate(objects):
        if is_missing(value):
            there.append(False)
            continue
        there.append(True)
        if type(value) is np.ndarray and value.dtype == target and value.shape == found:
            arrays.append(value)
            continue
        row = "row %d of %s" % (i + 1, who)
        array = array_of(value, kind, row)
        if not fits(array.shape, wanted):
            raise other_shape(array.shape, kind, row)
        if found is not None and array.shape != found:
            raise StepError(
                "type",
                "%s has the shape %s, and the rows before it %s: those of a column have one" % (row, _shown(array.shape), _shown(found)),
            )
        found = array.shape
        arrays.append(array)
    shape = found if found is not None else tuple(w or 1 for w in wanted)
    block = np.empty((len(arrays), *shape), target)
    if arrays:
        np.stack(arrays, out=block)
    return block, there


def rows_of(block: Any, there: Optional[Sequence[bool]]) -> Any:
    """An array of objects: a view of its part of the block for each row, None where none is there."""
    count = len(block) if there is None else len(there)
    out = np.empty(count, object)
    at = 0
    for i in range(count):
        if there is None or there[i]:
            out[i] = block[at] if block.ndim > 1 else block[at : at + 1].reshape(())
            at += 1
    return out


# ---- files ----


def save(value: Any, kind: Type, path: str, who: str) -> None:
    """Writes a Tensor as .npy, in the order of C: the same bytes for the same values.  Raises StepError."""
    if value is None:
        raise StepError("type", "%s is None, and %s is declared" % (who, _type(kind)))
    array = array_of(value, kind, who)
    if not fits(array.shape, declared_shape(kind)):
        raise other_shape(array.shape, kind, who)
    names = {}
    for name, size in zip(kind.values or (), array.shape):
        if names.setdefault(name, size) != size:
            raise StepError("type", "%s has the shape %s, and '%s' is one number in %s" % (who, _shown(array.shape), name, _type(kind)))
    with open(path, "wb") as f:
        np.lib.format.write_array(f, np.require(array, requirements="C"), version=(1, 0), allow_pickle=False)


def load(path: str, kind: Type, hint: Any) -> Any:
    """The array at a path; a torch.Tensor where the annotation says so."""
    with open(path, "rb") as f:
        array = np.lib.format.read_array(f, allow_pickle=False)
    if (getattr(hint, "__module__", None) or "").split(".")[0] != "torch":
        return array
    from importlib import import_module

    torch = import_module("torch")
    try:
        return torch.from_numpy(array)
    except TypeError as e:  # as whole numbers without a sign, of which an old torch has u8 alone
        raise StepError("type", "torch %s has no tensors of %s: annotate it numpy.ndarray" % (torch.__version__, array.dtype)) from e

