"""Models that are pickled because a step says `allow_pickle = true` and nothing better keeps them: a zip of

    module.json    the code that it needs (_code.py)
    model.pkl      of pickle, or of cloudpickle where pickle can't

What is pickled may run anything when it is loaded, so whoever reads it says `allow_pickle = true` too.
"""
from __future__ import annotations

import io
import json
import os
import pickle
import sys
import zipfile
from typing import Any, Set, Tuple

from zpl._code import Code, Known
from zpl._errors import StepError

_PROTOCOL = 5
_PICKLE, _CODE = "model.pkl", "module.json"


class _Reading(pickle.Unpickler):
    """Notes the modules that classes and functions are from."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.modules: Set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.modules.add(module)
        return super().find_class(module, name)


def _dump(value: Any, who: str) -> Tuple[bytes, str]:
    """The bytes, and the package that made them."""
    try:
        return pickle.dumps(value, protocol=_PROTOCOL), "pickle"
    except Exception as error:
        why = error
    try:
        import cloudpickle
    except ModuleNotFoundError:
        raise StepError("type", "%s can't be pickled: %s (cloudpickle may, where it is installed)" % (who, why)) from why
    try:
        return cloudpickle.dumps(value, protocol=_PROTOCOL), "cloudpickle"
    except Exception as error:
        raise StepError("type", "%s can't be pickled, nor by cloudpickle: %s" % (who, error)) from error


def save(value: Any, path: str, who: str, why: str) -> None:
    """Writes a value of any kind, and says in the step's log that it did and why."""
    data, package = _dump(value, who)
    reading = _Reading(data)
    try:
        reading.load()
    except Exception as error:
        raise StepError("type", "%s can be pickled and not be read again: %s" % (who, error)) from error
    code = Code(who)
    for module in sorted(reading.modules):
        if module == "__main__" or module not in sys.modules:
            raise StepError("type", "%s needs what is defined in %s: define it in a file of the project" % (who, module))
        code.note(module)
    print("zpl: %s is kept by %s: %s" % (who, package, why), file=sys.stderr)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo(_CODE), json.dumps(code.said(""), indent=1))
        file.writestr(zipfile.ZipInfo(_PICKLE), data)


def holds(path: str) -> bool:
    if not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return file.namelist() == [_CODE, _PICKLE]


def load(path: str, allowed: bool) -> Any:
    if not allowed:
        raise StepError(
            "type",
            "the model is a pickle, which may run anything when it is loaded: a step that is given it says `allow_pickle = true`",
        )
    with zipfile.ZipFile(path) as file:
        known = Known(json.loads(file.read(_CODE)))
        for module in known.modules:
            known.module(module)
        return pickle.loads(file.read(_PICKLE))
