"""What the parts of a model of scikit-learn ask of skl2onnx before it converts the whole: steps of pipelines, members of ensembles."""
from __future__ import annotations

import copy
import importlib
from typing import Any, Dict, Iterator, List, Optional, Tuple

#: Of estimators of other libraries: the module of onnxmltools and its function, and whether it tells classes.
_FOREIGN = {
    "xgboost.XGBClassifier": ("xgboost.operator_converters.XGBoost", "convert_xgboost", True),
    "xgboost.XGBRFClassifier": ("xgboost.operator_converters.XGBoost", "convert_xgboost", True),
    "xgboost.XGBRegressor": ("xgboost.operator_converters.XGBoost", "convert_xgboost", False),
    "xgboost.XGBRFRegressor": ("xgboost.operator_converters.XGBoost", "convert_xgboost", False),
    "lightgbm.LGBMClassifier": ("lightgbm.operator_converters.LightGbm", "convert_lightgbm", True),
    "lightgbm.LGBMRegressor": ("lightgbm.operator_converters.LightGbm", "convert_lightgbm", False),
}
_LISTS = ("steps", "transformers_", "transformer_list", "estimators_", "calibrated_classifiers_")
_ONES = ("estimator", "estimator_", "final_estimator_", "regressor_", "best_estimator_")
_LOCALE = "C.UTF-8"  # of texts in lower case; ONNX Runtime's own is one that a machine has to have installed


def every(model: Any, seen: Optional[Dict[int, Any]] = None) -> Iterator[Any]:
    """It and all that is in it, fitted where there is such, each once."""
    seen = {} if seen is None else seen
    if isinstance(model, str) or model is None or id(model) in seen:
        return
    seen[id(model)] = model
    yield model
    for name in _LISTS:
        found = getattr(model, name, None)
        for one in found if isinstance(found, (list, tuple)) else ():
            yield from every(one[1] if isinstance(one, tuple) and len(one) > 1 else one, seen)
    for name in _ONES:
        yield from every(getattr(model, name, None), seen)


def names_matter(model: Any) -> bool:
    """Does a part of it look for columns by their names?"""
    return any(type(part).__name__ == "ColumnTransformer" for part in every(model))


def _kind(part: Any) -> str:
    return "%s.%s" % (type(part).__module__.split(".")[0], type(part).__name__)


def register(model: Any, need: Any) -> None:
    """Tells skl2onnx of the converters of onnxmltools for what is in it of XGBoost and LightGBM.  `need` imports a package."""
    for part in every(model):
        found = _FOREIGN.get(_kind(part))
        if found is None:
            continue
        module, name, tells = found
        need("onnxmltools")
        shapes = importlib.import_module("skl2onnx.common.shape_calculator")
        importlib.import_module("skl2onnx").update_registered_converter(
            type(part),
            "Zpl" + type(part).__name__,
            shapes.calculate_linear_classifier_output_shapes if tells else shapes.calculate_linear_regressor_output_shapes,
            getattr(importlib.import_module("onnxmltools.convert." + module), name),
            options={"nocl": [True, False], "zipmap": [True, False, "columns"]} if tells else None,
        )


def booster_of(part: Any) -> Any:
    """What XGBoost or LightGBM has learnt in an estimator for scikit-learn; None: it is none, or has not."""
    if _kind(part).split(".")[0] not in ("xgboost", "lightgbm") or not getattr(part, "__sklearn_is_fitted__", lambda: False)():
        return None
    return part.get_booster() if hasattr(part, "get_booster") else getattr(part, "booster_", None)


def _is_named(part: Any) -> bool:
    """Does XGBoost know its features by names?  Its converter knows numbers alone."""
    return getattr(booster_of(part), "feature_names", None) is not None


def _changes(part: Any) -> List[Tuple[str, Any]]:
    """What of a part the converters do not take as it is, and means nothing to a score: attributes and what they become."""
    out: List[Tuple[str, Any]] = []
    if type(part).__name__ in ("VotingClassifier", "VotingRegressor"):
        if isinstance(part.weights, (list, tuple)):
            import numpy

            out.append(("weights", numpy.array(part.weights, dtype=float)))
        if getattr(part, "flatten_transform", False):  # of transform(), which nobody calls
            out.append(("flatten_transform", False))
    return out


def prepared(model: Any) -> Any:
    """A copy with what the converters take, where there is something that they don't."""
    if not any(_is_named(part) or _changes(part) for part in every(model)):
        return model
    made = copy.deepcopy(model)
    for part in every(made):
        for name, value in _changes(part):
            setattr(part, name, value)
        if _is_named(part):
            booster_of(part).feature_names = None
    return made


def options(model: Any) -> Dict[int, Any]:
    """What a converter is told of parts."""
    texts = ("CountVectorizer", "TfidfVectorizer")
    return {id(part): {"locale": _LOCALE} for part in every(model) if type(part).__name__ in texts}
