"""Columns of Python's objects, as pandas has them, as arrays of Arrow.

What Arrow takes for a value without a word (a set for a list, what a mask hides, a moment of NumPy's for its bare number) is made
plain here first, so that Arrow's own type of the column says what it holds; `_tables._fit` holds that to the declared one.
"""
from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, DefaultDict, Dict, Set

import numpy as np
import pyarrow as pa

from zpl._arrow import chunked, first
from zpl._errors import StepError, a_type, type_name
from zpl._tensors import is_missing, of_torch
from zpl._types import Type

_Types = Dict[type, str]  # each with where it stands first
_SAFE = frozenset((int, float, str, bytes, bool, type(None)))  # of which Arrow keeps each as it is
#: What is of one kind with others in a column; what is none of these is of its own type alone.
_ALIKE = (
    ("truth", (bool, np.bool_)),
    ("number", (int, float, np.integer, np.floating)),
    ("text", str),
    ("bytes", (bytes, bytearray)),
    ("moment", (datetime, np.datetime64)),
    ("list", (list, tuple, np.ndarray)),
)


def arrow(values: Any, kind: Type, who: str) -> pa.ChunkedArray:
    """Raises StepError for objects of several types, and for such as no column holds."""
    declared = ", and %s is declared" % (kind.text or kind.kind) if kind.kind else ""
    objects = list(values)
    plain = _SAFE.issuperset(map(type, objects))
    if not plain:
        objects = [_scalar(v, who) for v in objects]
    found: _Types = {}
    items: DefaultDict[int, _Types] = defaultdict(dict)  # of what stands in lists, by how deep
    for i, value in enumerate(objects):
        if type(value) not in found and not is_missing(value):
            found[type(value)] = "%s (row %d)" % (type_name(value), i + 1)
    if not plain:
        place = "row %%d of %s" % who
        objects = [None if is_missing(v) else _plain(v, kind, place % (i + 1), items, 0) for i, v in enumerate(objects)]
    for mixed in (found, *items.values()):
        groups = {_group(cls): text for cls, text in reversed(mixed.items())}
        if len(groups) > 1:
            shown = " and ".join(list(groups.values())[:-4:-1])
            raise StepError("type", "%s mixes %s%s: make it one type" % (who, shown, declared))
    try:
        return chunked(pa.array(objects, from_pandas=plain or not _has_nan(kind)))
    except UnicodeEncodeError as e:
        raise StepError("type", "%s holds a text that is no UTF-8" % who) from e
    except OverflowError as e:
        raise StepError("type", "%s holds a number that does not fit an Int, which has 64 bits" % who) from e
    except (pa.ArrowException, TypeError, ValueError) as e:
        held = " and ".join(sorted(text.split(" (")[0] for text in found.values()))
        raise StepError("type", "%s holds %s%s: %s" % (who, held, declared, first(e))) from e


def _group(cls: type) -> str:
    """What a type counts as beside others."""
    own = "list" if hasattr(cls, "to_numpy") else "%s.%s" % (cls.__module__, cls.__qualname__)
    return next((name for name, types in _ALIKE if issubclass(cls, types)), own)


def _scalar(value: Any, who: str) -> Any:
    """A tensor of torch as an array, and an array of no dimensions as what is in it."""
    if hasattr(value, "detach") and hasattr(value, "dtype"):
        value = of_torch(value, who)
    return value[()] if type(value) is np.ndarray and value.ndim == 0 else value


def _plain(value: Any, kind: Type, who: str, items: DefaultDict[int, _Types], depth: int) -> Any:
    """A value as Arrow takes it whole.  The types in lists are noted in `items`."""
    if type(value) in _SAFE:
        return value
    if isinstance(value, (set, frozenset)):
        raise StepError("type", "%s is %s, whose items have no order: sorted(…) makes a list of it" % (who, a_type(value)))
    if getattr(value, "nanosecond", 0):
        raise StepError("type", "%s is %s, and a Timestamp keeps microseconds: .floor('us') rounds" % (who, value))
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return _moments(np.array([value]), who)[0]
    if kind.kind == "Path" and hasattr(value, "__fspath__"):
        return str(value)
    value = _scalar(value, who)
    if hasattr(value, "to_numpy") and hasattr(value, "dtype"):  # a series of pandas
        value = value.to_numpy()
    if isinstance(value, np.ma.MaskedArray):
        value = [None if v is np.ma.masked else v for v in value] if np.ma.getmaskarray(value).any() else np.asarray(value)
    if isinstance(value, np.ndarray):
        value = np.asarray(value)  # no matrix
        if value.ndim == 1 and value.dtype.kind != "O" and len(value):
            if value.dtype.type not in items[depth]:
                _note({value.dtype.type}, who, items[depth])
            return _moments(native(value, who), who)
        value = list(value)
    if not isinstance(value, (list, tuple)):
        return value
    if depth > 100:
        raise StepError("type", "%s is nested more than 100 deep, or holds itself" % who)
    types = set(map(type, value))
    if not types <= _SAFE or (float in types and not _has_nan(kind)):
        odd = (float, np.floating) if _has_nan(kind) else ()
        value = [None if is_missing(v) and not isinstance(v, odd) else _plain(v, kind, who, items, depth + 1) for v in value]
        types = set(map(type, value))
    if not types <= items[depth].keys():
        _note(types, who, items[depth])
    return value


def _has_nan(kind: Type) -> bool:
    """Has a list of that type NaN beside null?  Of whole numbers and texts NaN is null, as pandas means it."""
    while kind.elem is not None:
        kind = kind.elem
    return kind.kind in ("Float", "")


def _note(types: Set[type], who: str, items: _Types) -> None:
    for cls in sorted(types, key=lambda cls: cls.__name__):
        if cls is not type(None) and cls.__name__ not in ("NAType", "NaTType"):
            items.setdefault(cls, "%s in a list (%s)" % (cls.__name__, who.split(" of ")[0]))


def native(array: Any, who: str) -> Any:
    """An array of NumPy's as Arrow can have it, each element equal: of this machine's order of bytes, Floats of 64 bits at most."""
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind != "f" or array.dtype.itemsize <= 8:
        return array
    return _same(array, array.astype("f8"), "%s holds %%s, which no Float is equal to: .astype('float64') rounds" % who)


def _moments(array: Any, who: str) -> Any:
    """The same moments in microseconds, as lists of several units don't mix."""
    if array.dtype.kind != "M":
        return array
    return _same(array, array.astype("M8[us]"), "%s holds %%s, and a Timestamp keeps microseconds: .astype('datetime64[us]') rounds" % who)


def _same(array: Any, out: Any, words: str) -> Any:
    lost = (out.astype(array.dtype) != array) & (array == array)  # neither NaN nor NaT
    if lost.any():
        raise StepError("type", words % array[int(np.argmax(lost))])
    return out
