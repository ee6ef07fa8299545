"""Models of LightGBM: its own text, with a line of zpl's: {"best_iteration": N, "classes": [LABEL], "lightgbm": VERSION} and what
_estimators.py says, behind "zpl:"."""
from __future__ import annotations

import json
import os
from typing import Any, Dict, List

from zpl._code import hold_version
from zpl._errors import StepError, a_type, need
from zpl._estimators import made_of, said_of
from zpl._types import Type

ENDING = ".txt"
_START = b"tree\n"
_MARK, _LAST = "zpl:", "\npandas_categorical:"  # what Python's side of LightGBM reads; its own side stops before


def takes(value: Any) -> bool:
    return (type(value).__module__ or "").split(".")[0] == "lightgbm"


def holds(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(len(_START)) == _START


def save(value: Any, kind: Type, path: str, who: str) -> None:
    lightgbm = need("lightgbm")
    is_wrapper = isinstance(value, lightgbm.LGBMModel)
    if is_wrapper and not value.__sklearn_is_fitted__():
        raise StepError("type", "%s is %s that has not been fitted" % (who, a_type(value)))
    booster = value.booster_ if is_wrapper else value
    if not isinstance(booster, lightgbm.Booster):
        raise StepError("type", "%s is %s, and %s is declared: return a Booster or an LGBMModel" % (who, a_type(value), kind.text))
    said: Dict[str, Any] = {"lightgbm": lightgbm.__version__, "best_iteration": booster.best_iteration}
    if is_wrapper:
        said.update(said_of(value, "lightgbm", who))
    if is_wrapper and hasattr(value, "classes_"):
        said["classes"] = _classes(value, who)
    head, last, tail = booster.model_to_string().rpartition(_LAST)
    line = "\n%s%s" % (_MARK, json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + line + last + tail)


def _classes(value: Any, who: str) -> List[Any]:
    classes = list(value.classes_.tolist())
    if not all(type(c) in (bool, int, float, str) for c in classes):
        raise StepError("type", "%s has classes that are no texts, numbers or Bools" % who)
    return classes


def _said(text: str) -> Dict[str, Any]:
    line = next((line[len(_MARK) :] for line in text.splitlines() if line.startswith(_MARK)), "{}")
    return dict(json.loads(line))


def classes(path: str) -> List[Any]:
    """The labels in the order of their numbers; none: it was no class of LightGBM that knows them."""
    with open(path, encoding="utf-8") as f:
        return list(_said(f.read()).get("classes", []))


def load(path: str, kind: Type, hint: Any) -> Any:
    """A Booster, or the class of LightGBM that the annotation names, with the classes that it was fitted to."""
    lightgbm = need("lightgbm")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    said = _said(text)
    booster = lightgbm.Booster(model_str=text)
    hold_version("LightGBM", said.get("lightgbm", lightgbm.__version__), lightgbm.__version__, "lightgbm")
    booster.best_iteration = said.get("best_iteration", booster.best_iteration)
    if not (isinstance(hint, type) and issubclass(hint, lightgbm.LGBMModel)):
        return booster
    return _wrapped(made_of(said, lightgbm, hint), booster, said.get("classes"))


def _wrapped(model: Any, booster: Any, classes: Any) -> Any:
    """An estimator as it is when it has been fitted; LightGBM has no way of its own to make one of a Booster."""
    own = {
        "_Booster": booster,
        "_best_iteration": booster.best_iteration,
        "_n_features": booster.num_feature(),
        "_n_features_in": booster.num_feature(),
        "_objective": booster.params.get("objective"),
        "fitted_": True,
    }
    if classes is not None:
        from sklearn.preprocessing import LabelEncoder

        encoder = LabelEncoder().fit(classes)
        own.update(_le=encoder, _classes=encoder.classes_, _n_classes=len(classes))
    for name, value in own.items():
        setattr(model, name, value)
    return model
