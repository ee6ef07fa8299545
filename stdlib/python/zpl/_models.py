"""Models: objects of their libraries, kept in the libraries' own safe formats and never as pickle.

A model of XGBoost is the .ubj that native steps train and score, with what they have to know of it in its attribute "zpl"
(stdlib/model/model.h).  One of scikit-learn is a file of skops.
"""
from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any, Dict, List, Optional

from zpl._errors import StepError, a_type
from zpl._types import Type

FORMAT = 1  # of the attribute; ZPL_MODEL_FORMAT
ATTRIBUTE = "zpl"


def _module_of(value: Any) -> str:
    return (type(value).__module__ or "").split(".")[0]


def save(value: Any, kind: Type, path: str, who: str) -> None:
    """Writes a model as the framework of its declared type keeps it.  Raises StepError."""
    if kind.framework == "xgboost":
        data = _xgboost_bytes(value, kind, who)
    elif kind.framework == "sklearn" or _is_estimator(value):
        data = _sklearn_bytes(value, who)
    else:
        raise StepError(
            "type",
            "%s is %s, and %s is declared: what keeps it is not known; register it with zpl.materialiser"
            % (who, a_type(value), kind.text),
        )
    with open(path, "wb") as f:
        f.write(data)


def load(path: str, kind: Type, hint: Any) -> Any:
    """The model at a path: a Booster, or the class of XGBoost that the annotation names; an estimator."""
    with open(path, "rb") as f:
        data = f.read()
    if kind.framework == "xgboost" or (kind.framework is None and data[:1] == b"{"):
        return _xgboost_load(data, hint)
    if kind.framework == "sklearn" or zipfile.is_zipfile(io.BytesIO(data)):
        return _skops().loads(data, trusted=_trusted(data))
    raise StepError("type", "a %s can't be loaded here: register how with zpl.materialiser" % (kind.text or "model"))


# ---- XGBoost ----


def _xgboost() -> Any:
    try:
        import xgboost
    except ModuleNotFoundError as e:
        raise StepError("missing", "it needs the package 'xgboost': pip install xgboost") from e
    return xgboost


def _xgboost_load(data: bytes, hint: Any) -> Any:
    xgboost = _xgboost()
    is_wrapper = isinstance(hint, type) and hasattr(hint, "get_booster")
    model = hint() if is_wrapper else xgboost.Booster()
    model.load_model(bytearray(data))
    booster = model.get_booster() if is_wrapper else model
    trained = json.loads(booster.attr(ATTRIBUTE) or "{}").get("xgboost", xgboost.__version__)
    if trained != xgboost.__version__:
        print(
            "zpl: the model was trained with XGBoost %s, and %s may score it differently" % (trained, xgboost.__version__),
            file=sys.stderr,
        )
    return model


def _features(booster: Any, kind: Type, who: str) -> List[str]:
    """The features in the order of the engine's columns: as declared, as they were trained under, or both."""
    trained: Optional[List[str]] = booster.feature_names
    declared = [n for n, _ in kind.columns] if kind.has_row and not kind.open else None
    if declared is None and trained is None:
        raise StepError("type", "%s does not know the names of its features: train on a DataFrame, or declare them" % who)
    if declared is not None and trained is not None and declared != list(trained):
        raise StepError(
            "type", "%s was trained on %s, and %s are declared" % (who, ", ".join(trained), ", ".join(declared))
        )
    names = declared if declared is not None else list(trained or ())
    if len(names) != booster.num_features():
        raise StepError("type", "%s has %d features, and %d are declared" % (who, booster.num_features(), len(names)))
    return names


def _classes(value: Any, kind: Type, who: str) -> List[str]:
    """The texts that its classes stand for, in the order of their numbers; none for other labels."""
    label = kind.label_type
    if label is None or label.kind not in ("Enum", "String"):
        return []
    known = getattr(value, "classes_", None)
    classes = [] if known is None else list(known)
    if classes and all(isinstance(c, str) for c in classes):
        return [str(c) for c in classes]
    if label.values is not None:
        return list(label.values)
    raise StepError("type", "%s does not know its classes: declare the label as an Enum, in the order of their numbers" % who)


def _xgboost_bytes(value: Any, kind: Type, who: str) -> bytes:
    xgboost = _xgboost()
    booster = value.get_booster() if hasattr(value, "get_booster") else value
    if not isinstance(booster, xgboost.Booster):
        raise StepError("type", "%s is %s, and %s is declared: return a Booster" % (who, a_type(value), kind.text))
    if kind.label is None or kind.label_type is None:
        print("zpl: %s says no label with its type, so native steps can't score it" % who, file=sys.stderr)
    else:
        names = _features(booster, kind, who)
        said = {
            "classes": _classes(value, kind, who),
            "features": names,
            "label": kind.label,
            "label_type": kind.label_type.kind,
            "version": FORMAT,
            "xgboost": xgboost.__version__,
        }
        booster = booster.copy()
        booster.set_attr(**{ATTRIBUTE: json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))})
        if booster.feature_names is None:
            booster.feature_names = names
    return bytes(booster.save_raw("ubj"))


# ---- scikit-learn ----


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit") and _module_of(value) != "xgboost"


def _skops() -> Any:
    try:
        import skops.io
    except ModuleNotFoundError as e:
        raise StepError("missing", "models of scikit-learn are kept by skops, which is not there: pip install skops") from e
    return skops.io


def _trusted(data: bytes) -> List[str]:
    """What a file of skops holds beyond what it trusts by itself: classes of scikit-learn's and its fellows alone."""
    names = list(_skops().get_untrusted_types(data=data))
    strange = [n for n in names if n.split(".")[0] not in ("sklearn", "numpy", "scipy", "xgboost", "lightgbm")]
    if strange:
        raise StepError(
            "type",
            "the model holds %s, which may run anything when it is loaded: keep what is not scikit-learn's out of it, or "
            "register how it is kept with zpl.materialiser" % ", ".join(strange),
        )
    return names


def _sklearn_bytes(value: Any, who: str) -> bytes:
    if not _is_estimator(value):
        raise StepError("type", "%s is %s, and a model of scikit-learn is declared" % (who, a_type(value)))
    data = _skops().dumps(value)
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
