"""Models: objects of their libraries, kept in formats that run nothing when they are read.

Which file keeps which framework is said here alone.  Each of them has

    ENDING                        what a file of it is called
    takes(value)                  is it a model of this framework?  Imports nothing.
    holds(path)                   is what stands there one?
    save(value, kind, path, who)  writes it, a file or a folder.  Raises StepError.
    load(path, kind, hint)        the model, as the class that the annotation names where there are several

and may have

    AHEAD                         packages that it imports, which whoever has such a model need not import: no threads start in them
"""
from __future__ import annotations

from typing import Any, List, Optional

from zpl._errors import StepError, a_type
from zpl._types import Type, parse

_KEEPERS = {
    "xgboost": "_model_xgboost",
    "lightgbm": "_model_lightgbm",  # before sklearn, whose estimators its own are too
    "sklearn": "_model_sklearn",
    "torch": "_model_torch",
    "keras": "_model_keras",
    "tensorflow": "_model_tensorflow",  # what is no model of Keras
    "onnx": "_model_onnx",
}
_OTHER_NAMES = {"pytorch": "torch", "scikit_learn": "sklearn", "lgbm": "lightgbm", "tf": "tensorflow"}
_PICKLED = ("sklearn",)  # what is pickled, where that is allowed, if its own format has nothing for it


def _keeper(framework: str) -> Any:
    from importlib import import_module

    return import_module("zpl." + _KEEPERS[framework])


def _unknown(kind: Type, what: str) -> StepError:
    known = _OTHER_NAMES.get(kind.framework or "")
    if known is not None:
        return StepError("type", "%s: its framework is called %s here, Model {%s}" % (what, known, known))
    return StepError(
        "type",
        "%s: what keeps it is not known; register it with zpl.materialiser, or let the step pickle it (`allow_pickle = true`)" % what,
    )


def ahead(types: List[str]) -> List[str]:
    """What a process that is to keep or load models of these types may import before it is asked to, this module included."""
    out = ["zpl._models"]
    for framework in dict.fromkeys(parse(t).framework for t in types):
        if framework in _KEEPERS:
            out += ["zpl." + _KEEPERS[framework], *getattr(_keeper(framework), "AHEAD", ())]
    return out


def ending(kind: Type) -> str:
    """What a file with a model of that type is called behind its name; a library may go by that."""
    return str(_keeper(kind.framework).ENDING) if kind.framework in _KEEPERS else ""


def save(value: Any, kind: Type, path: str, who: str, may_pickle: bool = False) -> None:
    """Writes a model as the framework of its declared type keeps it, or as its own where none is declared."""
    if isinstance(value, type):
        words = "%s is the class %s, and a model is an object of it: return %s(…)"
        raise StepError("type", words % (who, value.__qualname__, value.__name__))
    framework: Optional[str] = kind.framework
    if framework is None:
        framework = next((f for f in _KEEPERS if _keeper(f).takes(value)), None)
    if framework not in _KEEPERS and not (may_pickle and framework not in _OTHER_NAMES):
        raise _unknown(kind, "%s is %s, and %s is declared" % (who, a_type(value), kind.text))
    why = "no format of its own is known for it"
    if framework in _KEEPERS:
        try:
            return _keeper(framework).save(value, kind, path, who)  # type: ignore[no-any-return]
        except StepError as error:
            if not (may_pickle and framework in _PICKLED and _keeper(framework).takes(value)):
                raise
            why = error.message
    from zpl import _pickled

    _pickled.save(value, path, who, why)


def load(path: str, kind: Type, hint: Any, may_pickle: bool = False) -> Any:
    """The model at a path."""
    framework: Optional[str] = kind.framework
    if framework not in _KEEPERS or framework in _PICKLED:
        from zpl import _pickled

        if _pickled.holds(path):
            return _pickled.load(path, may_pickle)
    if framework is None:
        framework = next((f for f in _KEEPERS if _keeper(f).holds(path)), None)
    if framework not in _KEEPERS:
        raise _unknown(kind, "a %s can't be loaded here" % (kind.text or "model"))
    return _keeper(framework).load(path, kind, hint)
