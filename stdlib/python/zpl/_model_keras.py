"""Models of Keras: a .keras file, written anew without the moment and the addresses that Keras puts into it, and with module.json:
{"keras": VERSION, "backend": "tensorflow", "tensorflow": VERSION} and the code that it needs (_code.py)."""
from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
from typing import Any, Dict, Iterator

from zpl._code import Code, Known, hold_version
from zpl._errors import StepError, a_type, need
from zpl._types import Type

ENDING = ".keras"
_SAID = "module.json"  # first, and not packed: zpl itself reads it (vm/plan/user_files.c)
_SAVED = "1970-01-01@00:00:00"


def takes(value: Any) -> bool:
    return any(cls.__module__.split(".")[0] in ("keras", "tf_keras") and cls.__name__ == "Model" for cls in type(value).__mro__)


def holds(path: str) -> bool:
    if not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return {"config.json", "metadata.json"} <= set(file.namelist())


def _keras() -> Any:
    keras = need("keras")
    if int(keras.__version__.split(".")[0]) < 3:
        raise StepError("missing", "models of Keras are kept as .keras of Keras 3, and %s is installed" % keras.__version__)
    return keras


def _versions(keras: Any) -> Dict[str, str]:
    from zpl._installed import homes

    out = {"keras": keras.__version__, "backend": keras.backend.backend()}
    for version in homes([out["backend"]]).values():
        out[out["backend"]] = version
    return out


def save(value: Any, kind: Type, path: str, who: str) -> None:
    keras = _keras()
    if not takes(value):
        raise StepError(
            "type",
            "%s is %s, and %s is declared: return a keras.Model (a SavedModel is a Model {tensorflow})" % (who, a_type(value), kind.text),
        )
    if not value.built:
        raise StepError("type", "%s has no weights yet: build it, or run it once on some rows" % who)
    code = Code(who)
    for part in _parts(value):
        what = "%s: its %s '%s'" % (who, type(part).__name__, getattr(part, "name", ""))
        _check(part, what, keras)
        if type(part).__module__.split(".")[0] != "keras" and not hasattr(part, "__code__"):
            code.name(type(part), what)
    folder = tempfile.mkdtemp(prefix="zpl-")
    try:
        made = os.path.join(folder, "model.keras")
        value.save(made)
        with zipfile.ZipFile(made) as file:
            _name_parts(json.loads(file.read("config.json")), code, who, keras)
        said = dict(_versions(keras), **code.said("keras"))
        with zipfile.ZipFile(made) as file, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as kept:
            kept.writestr(zipfile.ZipInfo(_SAID), json.dumps(said, indent=1))
            for name in sorted(file.namelist()):
                kept.writestr(zipfile.ZipInfo(name), _steady(name, file.read(name)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parts(value: Any) -> Iterator[Any]:
    """The model, its layers, and what it was compiled with."""
    yield from value._flatten_layers()
    for name in ("optimizer", "loss"):
        one = getattr(value, name, None)
        if one is not None and not isinstance(one, (str, dict, list, tuple)):
            yield one


def _check(part: Any, what: str, keras: Any) -> None:
    """Raises StepError for what Keras would keep as code of Python's machine, which it does not load again."""
    functions = [part] if not isinstance(part, type) and hasattr(part, "__code__") else []
    functions += [f for f in (getattr(part, "function", None), getattr(part, "activation", None)) if hasattr(f, "__code__")]
    if any(f.__name__ == "<lambda>" for f in functions):
        raise StepError(
            "type",
            "%s is made of a lambda, which is kept as machine code of Python's and not loaded again: write a class of "
            "keras.layers.Layer for it, at the top of a file of the project" % what,
        )


def _name_parts(node: Any, code: Code, who: str, keras: Any) -> None:
    """Functions and classes that Keras loads by their names, wherever in the model: losses, activations, metrics.

    Raises StepError for a function that it finds by none.
    """
    if isinstance(node, dict):
        module, name = node.get("module"), node.get("class_name")
        if name == "function" and isinstance(node.get("config"), str):
            found = keras.saving.get_registered_object(node["config"])
            if found is None:
                raise StepError(
                    "type",
                    "%s: its function '%s' is loaded again by no name: write @keras.saving.register_keras_serializable() before it, at the "
                    "top of a file of the project" % (who, node["config"]),
                )
            code.name(found, "%s: its function '%s'" % (who, node["config"]))
        elif isinstance(module, str) and isinstance(name, str) and module.split(".")[0] not in ("keras", "builtins"):
            code.name(getattr(sys.modules.get(module), name, None), "%s: its %s" % (who, name))
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _name_parts(inner, code, who, keras)


def _steady(name: str, data: bytes) -> bytes:
    """A part of the archive with nothing of the moment in it."""
    if name == "metadata.json":
        return json.dumps(dict(json.loads(data), date_saved=_SAVED), sort_keys=True).encode()
    if name != "config.json":
        return data
    numbers: Dict[Any, int] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(v) for v in node]
        if not isinstance(node, dict):
            return node
        return {k: numbers.setdefault(v, len(numbers) + 1) if k == "shared_object_id" and v is not None else renumber(v) for k, v in node.items()}

    return json.dumps(renumber(json.loads(data))).encode()


def load(path: str, kind: Type, hint: Any) -> Any:
    """The model, compiled if it was."""
    keras = _keras()
    with zipfile.ZipFile(path) as file:
        said = json.loads(file.read(_SAID))
    _hold_versions(said, _versions(keras))
    known = Known(said)
    for module in known.modules:
        known.module(module)
    folder = tempfile.mkdtemp(prefix="zpl-")
    try:
        named = os.path.join(folder, "model.keras")  # Keras goes by the name
        os.symlink(os.path.abspath(path), named)
        return keras.saving.load_model(named)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hold_versions(made: Dict[str, str], have: Dict[str, str]) -> None:
    if made["keras"].split(".")[0] != have["keras"].split(".")[0]:
        raise StepError(
            "changed",
            "the model was made with keras %s, and %s would score it differently: make it anew, or read it by the same keras"
            % (made["keras"], have["keras"]),
        )
    for name in ("keras", made["backend"]):
        if name in have:
            hold_version(name, made[name], have[name], name, 2)
        else:
            hold_version("the backend", name, have["backend"], have["backend"])
