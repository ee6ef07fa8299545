"""Values that are no tables, files or models: between JSON, as zpl keeps them, and objects of Python.

NumPy, pandas and pydantic are never imported here: their values are known by what they can do.
"""
from __future__ import annotations

import json
import math

from zpl._errors import StepError, a_type, type_name
from zpl._types import Type

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional

_SHOWN = 20  # fields that are named
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


# ---- in ----


def from_literal(value: Any) -> Any:
    """The Python value of a LITERAL (docs/graph.md).  A path is a pathlib.Path, a record a dict, a type its text."""
    if isinstance(value, list):
        return [from_literal(v) for v in value]
    if not isinstance(value, dict):
        return value
    ((form, inside),) = value.items()
    if form == "float":
        return float(inside)
    if form == "bytes":  # no UTF-8, or a text with a NUL
        try:
            return _text(value).encode("utf-8").decode("utf-8")
        except UnicodeEncodeError:
            return bytes.fromhex(inside)
    if form == "record":
        return {_text(k): from_literal(v) for k, v in inside}
    if form == "path":
        from pathlib import Path

        return Path(_text(inside))
    return inside


def _text(value: Any) -> str:
    """A text that may be given by its bytes, which then are no UTF-8."""
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"]).decode("utf-8", "surrogateescape")
    return str(value)


def moment(text: Any) -> Any:
    """A Timestamp as zpl writes it, or as microseconds since 1970: a datetime in UTC."""
    from datetime import datetime, timedelta, timezone

    if isinstance(text, int):
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=text)
    text = text.strip().replace("Z", "+00:00")
    if "." in text:  # Python before 3.11 reads three or six digits
        head, _, tail = text.partition(".")
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = "%s.%s%s" % (head, (tail[:digits] + "000000")[:6], tail[digits:])
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def from_json(value: Any, kind: Type) -> Any:
    """The Python value of plain JSON that is of a type."""
    if value is None or kind.kind == "Json":
        return _with_odd(value)
    if kind.kind == "Float":
        return float(value)
    if kind.kind == "Timestamp":
        return moment(value)
    if kind.kind == "Date":
        from datetime import date

        return date.fromisoformat(value)
    if kind.kind == "Path":
        from pathlib import Path

        return Path(value)
    if kind.kind == "Bytes":
        return value.encode("utf-8")
    if kind.kind == "List" and kind.elem is not None:
        return [from_json(v, kind.elem) for v in value]
    if kind.kind in ("Record", "Report"):
        return {k: from_json(v, kind.column(k) or Type("Json")) for k, v in value.items()}
    return value


_ODD = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}  # what JSON has no number for: these texts stand for it, of any type
_ODD_TEXTS = frozenset(_ODD.values())


def _with_odd(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_odd(v) for v in value]
    if isinstance(value, dict):
        return {k: _with_odd(v) for k, v in value.items()}
    if isinstance(value, int):  # beyond 64 bits it was a Float, which zpl writes without a point
        return value if INT_MIN <= value <= INT_MAX else float(value)
    return float(value) if isinstance(value, str) and value in _ODD_TEXTS else value


# ---- out ----


def fields_of(value: Any) -> Optional[Dict[str, Any]]:
    """A dataclass as its fields; None: it is none."""
    if not hasattr(type(value), "__dataclass_fields__"):
        return None
    import dataclasses

    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


def plain(value: Any) -> Any:
    """A value as one of Python's own, if it stands for one: a NumPy scalar, pandas' NA, a dataclass, a pydantic model."""
    if type(value).__module__ == "builtins":
        return value
    module = type(value).__module__.split(".")[0]
    if module == "pandas" and type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(type(value), "__members__"):
        return plain(value.value)
    if module == "numpy" and hasattr(value, "tolist"):
        return _of_numpy(value)
    if (hasattr(value, "detach") and hasattr(value, "dtype")) or module in ("tensorflow", "jaxlib"):  # tensors, as a loss is one
        return _of_tensor(value)
    if module == "pyarrow" and hasattr(value, "as_py"):
        return value.as_py()
    fields = fields_of(value)
    if fields is not None:
        return fields
    if hasattr(value, "model_dump"):
        return _of_pydantic(value)
    if hasattr(value, "_asdict"):
        return value._asdict()
    return value


def _of_tensor(value: Any) -> Any:
    try:
        return value.tolist() if hasattr(value, "tolist") else _of_numpy(value.numpy())
    except Exception:  # one that is sparse, or has no numbers
        return value


def _of_pydantic(value: Any) -> Any:
    """As it says JSON: with texts for Decimals and UUIDs, which it reads again; else as it is, where it holds what it has no words for."""
    try:
        return value.model_dump(mode="json")
    except ValueError:
        return value.model_dump()


def _of_numpy(value: Any) -> Any:
    """An array as lists and a scalar as Python's own; NumPy itself makes bare numbers of moments, and of fields what has no names."""
    kind = value.dtype.kind
    if kind not in "MmV":
        return value.tolist()
    if value.shape:
        return [_of_numpy(v) for v in value]
    if kind == "V":
        return {n: _of_numpy(value[n]) for n in value.dtype.names} if value.dtype.names else value
    if value != value:
        return None
    return _numpy_moment(value) if kind == "M" else value


def _numpy_moment(value: Any) -> Any:
    micro = value.astype("datetime64[us]")
    if micro != value:
        raise StepError("type", "%s has nanoseconds, which a Timestamp can't keep: round it" % value)
    return micro.item()


def _show(value: Any) -> str:
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of somebody's own class
        text = a_type(value)
    return text if len(text) <= 60 else text[:57] + "..."


def to_json(value: Any, kind: Type, who: str) -> Any:
    """A value of the step's as JSON of a declared type.

    `who` is it in messages ("output 'auc'").  Raises StepError.
    """
    value = plain(value)
    if value is None:
        if kind.optional or kind.kind == "Json":
            return None
        raise StepError("type", "%s is None, and %s is declared" % (who, kind.text or kind.kind))
    make = _OUT.get(kind.kind, _json)
    out = make(value, kind, who)
    if out is _WRONG:
        raise StepError(
            "type", "%s is %s (%s), and %s is declared" % (who, _show(value), type_name(value), kind.text or kind.kind)
        )
    return out


_WRONG = object()


def _int(value: Any, kind: Type, who: str) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return _WRONG
    if not INT_MIN <= value <= INT_MAX:
        raise StepError("type", "%s is %s, which does not fit an Int: it has 64 bits" % (who, _show(value)))
    return value


def _float(value: Any, kind: Type, who: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _WRONG
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if isinstance(value, int) and number != value:
        raise StepError("type", "%s is %s, which no Float is equal to" % (who, _show(value)))
    return number if math.isfinite(number) else _ODD[str(number)]


def _bool(value: Any, kind: Type, who: str) -> Any:
    return value if isinstance(value, bool) else _WRONG


def _string(value: Any, kind: Type, who: str) -> Any:
    if kind.kind == "Bytes" and isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise StepError("type", "%s is bytes that are no text: give a File for them" % who) from None
    if not isinstance(value, str):
        return _WRONG
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise StepError("type", "%s is a text that is no UTF-8" % who) from None
    if kind.values is not None and value not in kind.values:
        raise StepError("type", "%s is %s, which is none of %s" % (who, _show(value), kind.text))
    return value


def _path(value: Any, kind: Type, who: str) -> Any:
    return _string(str(value) if hasattr(value, "__fspath__") else value, kind, who)


def _moment(value: Any, kind: Type, who: str) -> Any:
    from datetime import datetime, timezone

    if isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        return _WRONG
    if getattr(value, "nanosecond", 0):
        raise StepError("type", "%s is %s, and a Timestamp keeps microseconds: round it" % (who, value))
    if value.tzinfo is not None:
        try:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        except OverflowError:
            raise StepError("type", "%s is %s, which is in no year from 1 to 9999 in UTC" % (who, value)) from None
    return value.isoformat(sep=" ")


def _date(value: Any, kind: Type, who: str) -> Any:
    from datetime import date, datetime

    if isinstance(value, str):
        return value
    if isinstance(value, datetime) and value.time() == value.time().min:
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else _WRONG


def _list(value: Any, kind: Type, who: str) -> Any:
    items = _items(value)
    if items is None:
        return _WRONG
    elem = kind.elem or Type("Json")
    return [to_json(v, elem, "item %d of %s" % (i + 1, who)) for i, v in enumerate(items)]


def _items(value: Any) -> Optional[List[Any]]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if type(value).__module__.split(".")[0] in ("numpy", "pandas") and hasattr(value, "tolist"):
        items = value.tolist()
        return items if isinstance(items, list) else None
    if hasattr(value, "to_pylist") or (hasattr(value, "to_list") and hasattr(value, "to_arrow")):  # of pyarrow, of polars
        return list(value.to_pylist() if hasattr(value, "to_pylist") else value.to_list())
    return None


def _record(value: Any, kind: Type, who: str) -> Any:
    value = plain(value)
    if not isinstance(value, dict):
        return _WRONG
    out: Dict[str, Any] = {}
    for name, field in kind.columns:
        if name not in value and not field.optional:
            has = ", ".join("'%s'" % n for n in list(value)[:_SHOWN]) or "none"
            raise StepError("type", "%s has no field '%s'; it has %s" % (who, name, has))
        if name in value:
            out[name] = to_json(value[name], field, "field '%s' of %s" % (name, who))
    for name in value:
        if not kind.open and name not in out and kind.has_row:
            raise StepError("type", "%s has a field '%s' that is not declared" % (who, name))
        if name not in out:
            out[_key(name, kind, who)] = _json(value[name], Type("Json"), "field '%s' of %s" % (name, who))
    return out


CELL = Type("Json")  # of a column: that has NaN and the infinities as such, as Python writes them


def _text_of_json(value: str, kind: Type, who: str) -> str:
    if value in _ODD_TEXTS and kind is not CELL:
        raise StepError("type", "%s is the text %r, which in JSON is the number: write it otherwise" % (who, value))
    return str(_string(value, Type("String"), who))


def _key(key: Any, kind: Type, who: str) -> str:
    key = plain(key)
    if not isinstance(key, (str, int)):
        raise StepError("type", "%s has a key %s; keys of JSON are texts" % (who, _show(key)))
    if "\0" in str(key) and kind is not CELL:
        raise StepError("type", "%s has a key %s, and no key has a NUL" % (who, _show(key)))
    return str(_string(str(key), Type("String"), "a key of " + who))


def _json(value: Any, kind: Type, who: str, depth: int = 0) -> Any:
    value = plain(value)
    if depth > 100:
        raise StepError("type", "%s is nested more than 100 deep, or holds itself" % who.rpartition(" of ")[2])
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text_of_json(value, kind, who)
    if isinstance(value, int):
        return _int(value, kind, who)
    if isinstance(value, float):
        if 2.0**53 < abs(value) < 2.0**63 and kind is not CELL:
            return int(value)  # equal to it; without a point its shortest digits would be another whole number
        return value if kind is CELL else _float(value, kind, who)
    if isinstance(value, dict):
        out = {}
        for k, v in value.items():
            name = _key(k, kind, who)
            if name in out:
                raise StepError("type", "%s has two keys that are '%s' as texts, which keys of JSON are" % (who, name))
            out[name] = _json(v, kind, "'%s' of %s" % (name, who), depth + 1)
        return out
    items = _items(value)
    if items is not None:
        return [_json(v, kind, who, depth + 1) for v in items]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__fspath__"):
        return str(value)
    raise StepError("type", "%s holds %s, which JSON has nothing for" % (who, a_type(value)))


_OUT = {
    "Int": _int,
    "Float": _float,
    "Bool": _bool,
    "String": _string,
    "Enum": _string,
    "Bytes": _string,
    "Path": _path,
    "Timestamp": _moment,
    "Date": _date,
    "List": _list,
    "Record": _record,
    "Report": _record,
}


def dump(value: Any) -> str:
    """JSON as a file holds it; the same text for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_value(kind: Type) -> bool:
    """Is it kept as JSON?"""
    return kind.kind in _OUT or kind.kind in ("Json", "Secret")
