"""Values as the annotations of a function want them: a date for a text, a float for a whole number, a dataclass for a dict."""
from __future__ import annotations

from zpl._errors import StepError
from zpl._values import dump, moment

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional


def as_annotated(value: Any, annotation: Any, inside: bool = False) -> Any:
    """A value, and what is in it; what the annotation does not say clearly stays as it is.

    `inside` JSON a moment is what was written there; a Timestamp without a zone is UTC.
    """
    origin, args = getattr(annotation, "__origin__", None), getattr(annotation, "__args__", ())
    if value is None or annotation is None:
        return value
    if hasattr(annotation, "__metadata__"):  # Annotated[X, …]
        return as_annotated(value, origin, inside)
    if type(None) in args:  # Optional
        rest = [a for a in args if a is not type(None)]
        return as_annotated(value, rest[0], inside) if len(rest) == 1 else value
    if isinstance(origin, type) and args:
        return _of_generic(value, origin, args)
    if not isinstance(annotation, type):
        return value
    if hasattr(annotation, "__total__") and isinstance(value, dict):  # a TypedDict, of which nothing is an instance
        return _fields(value, annotation)
    try:
        make = None if isinstance(value, annotation) else _maker(value, annotation, inside)
    except TypeError:  # of Any and of a Protocol nobody can ask
        return value
    try:
        return make(value) if make is not None else value
    except (TypeError, ValueError) as e:
        raise StepError("type", "%r is no %s: %s" % (value, annotation.__qualname__, e)) from e


def _of_generic(value: Any, origin: type, args: Any) -> Any:
    if isinstance(value, list) and origin is tuple and len(args) == len(value) and args[-1] is not Ellipsis:
        return tuple(as_annotated(v, a, True) for v, a in zip(value, args))
    if isinstance(value, list) and (origin is tuple or issubclass(list, origin)):
        items = [as_annotated(v, args[0], True) for v in value]
        return tuple(items) if origin is tuple else items
    if isinstance(value, dict) and issubclass(dict, origin) and len(args) == 2:
        key = args[0] if args[0] is int or hasattr(args[0], "__members__") else None  # keys of JSON are texts
        return {k if key is None else _key(k, key): as_annotated(v, args[1], True) for k, v in value.items()}
    return value


def _key(text: str, cls: Any) -> Any:
    try:
        return cls(text)
    except ValueError:
        try:
            return cls(int(text))
        except ValueError as e:
            raise StepError("type", "the key %r is no %s" % (text, cls.__qualname__)) from e


def _hints(cls: type) -> Dict[str, Any]:
    import typing

    try:
        return typing.get_type_hints(cls, include_extras=True)
    except (NameError, TypeError, AttributeError):  # what is imported for a checker of types alone
        return {}


def _fields(value: Dict[str, Any], cls: type) -> Dict[str, Any]:
    hints = _hints(cls)
    return {k: as_annotated(v, hints.get(k), True) for k, v in value.items()}


def _maker(value: Any, cls: type, inside: bool) -> Optional[Callable[[Any], Any]]:
    name = "%s.%s" % (cls.__module__.split(".")[0], cls.__name__)
    if cls is float and isinstance(value, int) and not isinstance(value, bool):
        return float
    if cls is bytes and isinstance(value, str):
        return lambda text: text.encode("utf-8")
    if cls is str and name != "pathlib.Path" and hasattr(value, "__fspath__"):
        return str
    if hasattr(cls, "__members__"):  # an enum.Enum
        return lambda v: cls(tuple(v) if isinstance(v, list) else v)
    if hasattr(cls, "model_validate_json"):
        return lambda v: _pydantic(v, cls)
    if isinstance(value, dict):
        return _of_dict(cls)
    if name == "numpy.ndarray" and isinstance(value, list):
        return _array
    if not isinstance(value, (str, int)):
        return None
    if name == "datetime.datetime":
        return _written if inside and isinstance(value, str) else moment
    if name == "pandas.Timestamp":
        return cls if inside else lambda v: cls(moment(v))
    if name in ("datetime.date", "datetime.time"):
        return cls.fromisoformat  # type: ignore[attr-defined]
    return cls if isinstance(value, str) and hasattr(cls, "__fspath__") else None


def _written(text: str) -> Any:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text)
    except ValueError:  # of Python before 3.11, or no moment
        return moment(text)


def _of_dict(cls: type) -> Optional[Callable[[Any], Any]]:
    if hasattr(cls, "_fields"):  # a NamedTuple
        return lambda v: cls(**_fields(v, cls))
    return (lambda v: _dataclass(v, cls)) if hasattr(cls, "__dataclass_fields__") else None


def _pydantic(value: Any, cls: Any) -> Any:
    """A model of pydantic of what it says itself: JSON, by the names of its fields, with what it computes beside them."""
    if isinstance(value, dict):
        computed = getattr(cls, "model_computed_fields", {})
        value = {k: v for k, v in value.items() if k not in computed}
    try:
        text = dump(value)
    except TypeError:  # a Path, of a record in a program
        return cls.model_validate(value)
    try:
        return cls.model_validate_json(text, by_name=True, by_alias=True)
    except TypeError:  # before pydantic 2.11
        return cls.model_validate_json(text)


def _dataclass(value: Dict[str, Any], cls: Any) -> Any:
    """One of these fields; what __init__ does not take is set behind it."""
    given = _fields(value, cls)
    later = {f: given.pop(f) for f in list(given) if not getattr(cls.__dataclass_fields__.get(f), "init", True)}
    made = cls(**given)
    for name, v in later.items():
        object.__setattr__(made, name, v)
    return made


def _array(items: List[Any]) -> Any:
    import numpy

    return numpy.asarray(items)
