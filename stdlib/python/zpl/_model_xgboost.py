"""Models of XGBoost: the .ubj that native steps train and score, with what they have to know of it in its attribute "zpl"
(stdlib/model/model.h)."""
from __future__ import annotations

import json
import os
import sys
from typing import Any, List, Optional

from zpl._code import hold_version, warn_of_order
from zpl._errors import StepError, a_type, need
from zpl._estimators import made_of, said_of
from zpl._types import Type

ENDING = ".ubj"
FORMAT = 1  # of the attribute; ZPL_MODEL_FORMAT
ATTRIBUTE = "zpl"
CLASS = "zpl_class"  # the attribute with what _estimators.py says
#: Objectives whose scores say of classes which, or in what order, and not how probable.
_NO_PROBABILITIES = ("binary:hinge", "binary:logitraw", "multi:softmax", "rank:")


def takes(value: Any) -> bool:
    return (type(value).__module__ or "").split(".")[0] == "xgboost"


def holds(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(2) == b"{L"


def save(value: Any, kind: Type, path: str, who: str) -> None:
    with open(path, "wb") as f:
        f.write(_bytes(value, kind, who))


def load(path: str, kind: Type, hint: Any) -> Any:
    """A Booster, or the class of XGBoost that the annotation names."""
    with open(path, "rb") as f:
        return _read(f.read(), hint)


def _read(data: bytes, hint: Any) -> Any:
    xgboost = need("xgboost")
    is_wrapper = isinstance(hint, type) and hasattr(hint, "get_booster")
    booster = model = xgboost.Booster(model_file=bytearray(data))
    if is_wrapper:
        model = made_of(json.loads(booster.attr(CLASS) or "{}"), xgboost, hint)
        model.load_model(bytearray(data))
    trained = json.loads(booster.attr(ATTRIBUTE) or "{}").get("xgboost", xgboost.__version__)
    hold_version("XGBoost", trained, xgboost.__version__, "xgboost")
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
    if trained is None:
        warn_of_order(who, names)
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


def objective(booster: Any) -> str:
    return str(json.loads(booster.save_config())["learner"]["objective"]["name"])


def _hold_objective(booster: Any, label: Type, who: str) -> None:
    """Native steps take the scores of classes for probabilities."""
    name = objective(booster)
    if label.kind in ("Bool", "Enum", "String") and name.startswith(_NO_PROBABILITIES):
        raise StepError(
            "type",
            "%s has the objective '%s', which gives no probabilities of classes, by which native steps score a label: train it "
            "with '%s', or declare no label" % (who, name, "binary:logistic" if label.kind == "Bool" else "multi:softprob"),
        )


def _scoring(booster: Any, value: Any, who: str) -> Any:
    """The trees that a class of XGBoost scores by, as native steps score by all there are."""
    if value.missing == value.missing:
        raise StepError(
            "type",
            "%s takes %s for a missing number (missing = %s), which native steps do not: make nulls of them before, or declare no label"
            % (who, value.missing, value.missing),
        )
    best = booster.attr("best_iteration")
    if best is None or value.booster == "gblinear":
        return booster
    cut = booster[: int(best) + 1]
    cut.set_attr(**booster.attributes())
    cut.feature_names, cut.feature_types = booster.feature_names, booster.feature_types
    return cut


def _dump(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _bytes(value: Any, kind: Type, who: str) -> bytes:
    xgboost = need("xgboost")
    is_wrapper = hasattr(value, "get_booster")
    if is_wrapper and not value.__sklearn_is_fitted__():
        raise StepError("type", "%s is %s that has not been fitted" % (who, a_type(value)))
    booster = value.get_booster() if is_wrapper else value
    if not isinstance(booster, xgboost.Booster):
        raise StepError("type", "%s is %s, and %s is declared: return a Booster" % (who, a_type(value), kind.text))
    booster = booster.copy()
    if is_wrapper:
        booster.set_attr(**{CLASS: _dump(said_of(value, "xgboost", who))})
    if kind.label is None or kind.label_type is None:
        print("zpl: %s says no label with its type, so native steps can't score it" % who, file=sys.stderr)
    else:
        if is_wrapper:
            booster = _scoring(booster, value, who)
        names = _features(booster, kind, who)
        _hold_objective(booster, kind.label_type, who)
        said = {
            "classes": _classes(value, kind, who),
            "features": names,
            "label": kind.label,
            "label_type": kind.label_type.kind,
            "version": FORMAT,
            "xgboost": xgboost.__version__,
        }
        booster.set_attr(**{ATTRIBUTE: _dump(said)})
        if booster.feature_names is None:
            booster.feature_names = names
    return bytes(booster.save_raw("ubj"))
