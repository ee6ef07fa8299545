"""Models of scikit-learn: a file of skops."""
from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Dict, List

from zpl._errors import StepError, a_type, need
from zpl._types import Type

ENDING = ".skops"
AHEAD = ("skops.io",)  # looks through all of scikit-learn when it is imported
_PACKAGES = ("sklearn", "numpy", "scipy", "xgboost", "lightgbm")  # whose classes are made again
_ADDRESS = "_stop_words_id"  # by which a vectorizer knows in its own process that it looked at its words already
_CLASSES = ("collections.OrderedDict", "functools.partial")  # of Python's; what the latter calls is looked at by itself


def takes(value: Any) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit")


def holds(path: str) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return "schema.json" in file.namelist()


def save(value: Any, kind: Type, path: str, who: str) -> None:
    with open(path, "wb") as f:
        f.write(_bytes(value, who))


def load(path: str, kind: Type, hint: Any) -> Any:
    with open(path, "rb") as f:
        data = f.read()
    return _skops().loads(data, trusted=_trusted(data))


def _skops() -> Any:
    return need("skops.io", why="models of scikit-learn are kept by it")


def _trusted(data: bytes) -> List[str]:
    """What a file of skops holds beyond what it trusts by itself: classes of scikit-learn's and its fellows alone."""
    names = list(_skops().get_untrusted_types(data=data))
    strange = [n for n in names if n.split(".")[0] not in _PACKAGES and n not in _CLASSES]
    if strange:
        raise StepError(
            "type",
            "the model holds %s, which may run anything when it is loaded: keep what is not scikit-learn's out of it, "
            "register how it is kept with zpl.materialiser, or let the step pickle it (`allow_pickle = true`)" % ", ".join(strange),
        )
    return names


def _bytes(value: Any, who: str) -> bytes:
    if not takes(value):
        raise StepError("type", "%s is %s, and a model of scikit-learn is declared" % (who, a_type(value)))
    try:
        data = _skops().dumps(value)
    except StepError:
        raise
    except Exception as error:  # of the many kinds that what is inside may raise
        raise StepError(
            "type",
            "%s holds what skops has nothing for: %s; keep it out, or let the step pickle it (`allow_pickle = true`)" % (who, error),
        ) from error
    _trusted(data)  # what no step could load is told by the one that made it
    return _steady(data)


def _steady(data: bytes) -> bytes:
    """A file of skops with nothing of the moment in it: its parts are named by addresses, and have the time of day."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        schema = json.loads(file.read("schema.json"))
        numbers: Dict[Any, int] = {}
        files: Dict[str, str] = {}

        def renumber(node: Any) -> Any:
            if isinstance(node, list):
                return [renumber(v) for v in node]
            if not isinstance(node, dict):
                return node
            out = {}
            for key, v in node.items():
                if key == "__id__":
                    v = numbers.setdefault(v, len(numbers) + 1)
                elif key == _ADDRESS and isinstance(v, dict):
                    v = dict(v, content="0")
                elif key == "file" and isinstance(v, str) and v in file.namelist():
                    v = files.setdefault(v, "%d.%s" % (len(files) + 1, v.rsplit(".", 1)[-1]))
                out[key] = renumber(v)
            return out

        schema = renumber(schema)
        parts = {new: file.read(old) for old, new in files.items()}
    parts["schema.json"] = json.dumps(schema, indent=2).encode("utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(parts):
            file.writestr(zipfile.ZipInfo(name), parts[name])
    return out.getvalue()
