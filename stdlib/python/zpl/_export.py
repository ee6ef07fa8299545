"""onnx.export: a model of its library becomes a file of ONNX that says what it is.

What it says stands in the metadata "zpl" (stdlib/model/model.h): features, label, classes, which output is meant, and whether
that is a probability, a logit or a value.  Features are inputs as the model takes them: one tensor of floats where that will do,
else one a feature, with its own type.
"""
from __future__ import annotations

import importlib
import json
from typing import Any, Dict, List, Optional, Tuple

from zpl import _models
from zpl._errors import StepError, a_type
from zpl._types import Type, parse

FORMAT = 1  # of the metadata; ZPL_MODEL_FORMAT
OPSET = 18  # of what is written; one that every version of the converters since 2023 knows
INPUT = "features"
ONE_INPUT = ("Float", "Int", "Bool")  # kinds of features that a tensor of floats holds


class Told:
    """What an exporter found: the model, which output is meant and what it is."""

    def __init__(self, model: Any, output: str, kind: str, classes: Optional[List[str]] = None) -> None:
        self.model, self.output, self.kind, self.classes = model, output, kind, classes or []


def export(args: Dict[str, Any], outputs: List[Dict[str, Any]]) -> None:
    """The step: its one input is the model, its one output the file.  Raises StepError."""
    given, wanted = args["model"], outputs[0]
    kind, promised = parse(given["type"]), parse(wanted["type"])
    if not kind.columns or kind.open or kind.label is None or kind.label_type is None:
        raise StepError(
            "type",
            "the model is %s, which does not say its features and the type of its label: declare them where it is made, "
            "`Model {%s, features: f, label: l: y}`" % (kind.text, kind.framework),
        )
    made = _EXPORTERS.get(str(kind.framework))
    if made is None:
        raise StepError("type", "nothing makes ONNX of %s" % kind.text)
    told = made(given["path"], kind)
    _record(told, kind)
    data = told.model.SerializeToString(deterministic=True)
    _check(data, promised)
    with open(wanted["path"], "wb") as f:
        f.write(data)


def _need(module: str, package: Optional[str] = None) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as e:
        if e.name is None or module.split(".")[0] != e.name.split(".")[0]:
            missing = e.name or str(e)
        else:
            missing = package or module.split(".")[0]
        raise StepError(
            "missing",
            "it needs the package '%s': pip install %s; or `env = venv \"requirements.txt\"` with a file that names it"
            % (missing, missing),
        ) from e


def _record(told: Told, kind: Type) -> None:
    """Puts what zpl has to know into the model, and takes out what is of the moment."""
    said = {
        "classes": told.classes,
        "features": [n for n, _ in kind.columns],
        "kind": told.kind,
        "label": kind.label,
        "label_type": _label(kind).kind,
        "output": told.output,
        "version": FORMAT,
    }
    model = told.model
    del model.metadata_props[:]
    prop = model.metadata_props.add()
    prop.key, prop.value = "zpl", json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    model.graph.name = "zpl"
    model.doc_string = ""
    model.graph.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    # skl2onnx says some domains twice.
    versions: Dict[str, int] = {}
    for opset in model.opset_import:
        versions[opset.domain] = max(opset.version, versions.get(opset.domain, 0))
    del model.opset_import[:]
    for domain in sorted(versions):
        opset = model.opset_import.add()
        opset.domain, opset.version = domain, versions[domain]


def _check(data: bytes, promised: Type) -> None:
    """A model that others would refuse is told by the step that made it."""
    onnx = _need("onnx")
    try:
        onnx.checker.check_model(data)
    except Exception as e:
        raise StepError("type", "what came of it is no model of ONNX: %s" % str(e).split("\n")[0]) from e


def _label(kind: Type) -> Type:
    assert kind.label_type is not None
    return kind.label_type


def _is_regression(kind: Type) -> bool:
    return _label(kind).kind in ("Int", "Float")


def _texts_of(classes: Any, kind: Type, what: str) -> List[str]:
    """The texts of a model's classes in its own order, none of a Bool, whose order is false, true."""
    label = _label(kind)
    found = [c.item() if hasattr(c, "item") else c for c in classes]
    if label.kind == "Bool":
        if [bool(c) for c in found] != [False, True]:
            raise StepError("type", "%s has learnt the classes %s, and its label is a Bool" % (what, found))
        return []
    if all(isinstance(c, str) for c in found):
        return [str(c) for c in found]
    if label.values is not None and found == list(range(len(label.values))):
        return list(label.values)
    raise StepError(
        "type",
        "%s has the classes %s, which are no texts, and its label is %s: train it on the label as it is, or declare the "
        "label as an Enum, in the order of their numbers" % (what, found, label.text or label.kind),
    )


def _failed(library: str, what: str, error: BaseException) -> StepError:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = " ".join(str(cause).split())
    if len(words) > 400:
        words = words[:400] + " …"
    return StepError("type", "%s can't make ONNX of %s: %s" % (library, what, words or type(cause).__name__))


class _Attributes:
    """While a converter runs: lists of truths as attributes are lists of 0 and 1, which newer versions of protobuf ask for."""

    def __enter__(self) -> None:
        self.helper = _need("onnx.helper")
        self.own = self.helper.make_attribute

        def make_attribute(key: str, value: Any, *args: Any, **more: Any) -> Any:
            if isinstance(value, list):
                value = [int(v) if isinstance(v, bool) or type(v).__name__ in ("bool", "bool_") else v for v in value]
            return self.own(key, value, *args, **more)

        self.helper.make_attribute = make_attribute

    def __exit__(self, *_: Any) -> None:
        self.helper.make_attribute = self.own


# ---- scikit-learn ----


def _names_matter(model: Any) -> bool:
    """Does a part of it look for columns by their names?"""
    return type(model).__name__ == "ColumnTransformer" or any(
        _names_matter(part) for _, part in _parts(model) if not isinstance(part, str)
    )


def _parts(model: Any) -> List[Tuple[str, Any]]:
    for field in ("steps", "transformers_", "transformers", "estimators", "transformer_list"):
        found = getattr(model, field, None)
        if isinstance(found, list) and all(isinstance(p, tuple) and len(p) >= 2 for p in found):
            return [(p[0], p[1]) for p in found]
    inner = getattr(model, "estimator", None)
    return [("estimator", inner)] if inner is not None else []


def _inputs(kind: Type, apart: bool, types: Any) -> List[Tuple[str, Any]]:
    """One tensor of floats, or an input a feature."""
    odd = [n for n, t in kind.columns if t.kind not in ONE_INPUT]
    if not apart and not odd:
        return [(INPUT, types.FloatTensorType([None, len(kind.columns)]))]
    out = []
    for name, t in kind.columns:
        if t.kind in ("String", "Enum"):
            out.append((name, types.StringTensorType([None, 1])))
        elif t.kind == "Int" and not t.optional:
            out.append((name, types.Int64TensorType([None, 1])))
        elif t.kind in ONE_INPUT:
            out.append((name, types.FloatTensorType([None, 1])))
        else:
            raise StepError("type", "feature '%s' is %s, which no input of such a model is" % (name, t.text or t.kind))
    return out


def _sklearn(path: str, kind: Type) -> Told:
    skl2onnx = _need("skl2onnx")
    types = _need("skl2onnx.common.data_types")
    model = _models.load(path, kind, None)
    what = a_type(model)
    _hold_features(getattr(model, "feature_names_in_", None), kind, what)
    options: Dict[Any, Any] = {}
    classes: List[str] = []
    if _is_regression(kind):
        if hasattr(model, "predict_proba"):
            raise StepError(
                "type",
                "%s tells classes, and its label is %s: declare the label as a Bool, Enum or String" % (what, _label(kind).kind),
            )
    else:
        if not hasattr(model, "predict_proba"):
            raise StepError(
                "type",
                "%s gives no probabilities (predict_proba), which scores are made of: CalibratedClassifierCV gives it some" % what,
            )
        classes = _texts_of(model.classes_, kind, what)
        options = {id(_last(model)): {"zipmap": False}, id(model): {"zipmap": False}}
    inputs = _inputs(kind, _names_matter(model), types)
    try:
        with _Attributes():
            made = skl2onnx.convert_sklearn(
                model, "zpl", initial_types=inputs, options=options, target_opset={"": OPSET, "ai.onnx.ml": 3}
            )
    except Exception as e:
        raise _failed("skl2onnx", what, e) from e
    names = [o.name for o in made.graph.output]
    if _is_regression(kind):
        return Told(made, names[0], "value")
    return Told(made, names[1], "probability", classes)


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if steps else model


def _hold_features(trained: Any, kind: Type, what: str) -> None:
    declared = [n for n, _ in kind.columns]
    if trained is not None and list(trained) != declared:
        raise StepError(
            "type", "%s was trained on %s, and %s are declared" % (what, ", ".join(map(str, trained)), ", ".join(declared))
        )


# ---- XGBoost, LightGBM ----


def _tree_inputs(kind: Type, types: Any, library: str) -> List[Tuple[str, Any]]:
    odd = [n for n, t in kind.columns if t.kind not in ONE_INPUT]
    if odd:
        raise StepError("type", "feature '%s' is no number, and a model of %s takes numbers" % (odd[0], library))
    return [(INPUT, types.FloatTensorType([None, len(kind.columns)]))]


def _of_trees(made: Any, kind: Type, classes: List[str]) -> Told:
    names = [o.name for o in made.graph.output]
    if _is_regression(kind):
        return Told(made, names[0], "value")
    return Told(made, names[1], "probability", classes)


def _xgboost(path: str, kind: Type) -> Told:
    _need("onnxmltools")
    convert = _need("onnxmltools.convert")
    types = _need("onnxmltools.convert.common.data_types")
    model = _models.load(path, kind, None)
    said = json.loads(model.attr(_models.ATTRIBUTE) or "{}")
    inputs = _tree_inputs(kind, types, "XGBoost")
    model.feature_names = None  # the converter knows features by numbers alone
    model.feature_types = None
    try:
        with _Attributes():
            made = convert.convert_xgboost(model, "zpl", initial_types=inputs, target_opset=15)
    except Exception as e:
        raise _failed("onnxmltools", "the model of XGBoost", e) from e
    return _of_trees(made, kind, list(said.get("classes", [])))


def _lightgbm(path: str, kind: Type) -> Told:
    _need("onnxmltools")
    convert = _need("onnxmltools.convert")
    types = _need("onnxmltools.convert.common.data_types")
    model = _models.load(path, kind, None)
    inputs = _tree_inputs(kind, types, "LightGBM")
    try:
        with _Attributes():
            made = convert.convert_lightgbm(model, "zpl", initial_types=inputs, target_opset=15, zipmap=False)
    except Exception as e:
        raise _failed("onnxmltools", a_type(model), e) from e
    classes = [] if _is_regression(kind) else _texts_of(getattr(model, "classes_", range(2)), kind, a_type(model))
    return _of_trees(made, kind, classes)


_EXPORTERS = {"sklearn": _sklearn, "xgboost": _xgboost, "lightgbm": _lightgbm}
