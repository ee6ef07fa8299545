"""onnx.export: a model of its library becomes a file of ONNX that says what it is.

What it says stands in the metadata "zpl" (stdlib/model/model.h): features, label, classes, which output is meant, and whether
that is a probability, a logit or a value.  Features are inputs as the model takes them: one tensor of floats where that will do,
else one a feature, with its own type.
"""
from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Tuple

from zpl import _export_parts, _model_xgboost, _models
from zpl._code import warn_of_order
from zpl._errors import StepError, a_type, need
from zpl._export_check import hold
from zpl._types import Type, parse

FORMAT = 1  # of the metadata; ZPL_MODEL_FORMAT
OPSET = 18  # of what is written; one that every version of the converters since 2023 knows
TREE_OPSET = 15  # that onnxmltools knows
INPUT, OUTPUT = "features", "scores"
ONE_INPUT = ("Float", "Int", "Bool")  # kinds of features that a tensor of floats holds


class Told:
    """What an exporter made: the file, which output is meant and what it is."""

    def __init__(self, data: bytes, output: str, kind: str, classes: Optional[List[str]] = None, missing: bool = True) -> None:
        """`missing`: it may be asked for rows in which numbers are missing."""
        self.data, self.output, self.kind, self.classes, self.missing = data, output, kind, classes or [], missing


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
    if kind.framework in _NETS:
        from zpl import _export_nets

        made = _export_nets.EXPORTERS[kind.framework]
    if made is None:
        raise StepError("type", "nothing makes ONNX of %s" % kind.text)
    told = made(given["path"], kind, args)
    with open(wanted["path"], "wb") as f:
        f.write(told.data + _recorded(told, kind))


def _varint(n: int) -> bytes:
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _recorded(told: Told, kind: Type) -> bytes:
    """What zpl has to know, as metadata_props that stand behind the file: fields of a message may come in any order."""
    said = {
        "classes": told.classes,
        "features": [n for n, _ in kind.columns],
        "kind": told.kind,
        "label": kind.label,
        "label_type": label_of(kind).kind,
        "missing": told.missing,
        "output": told.output,
        "version": FORMAT,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _field(14, _field(1, b"zpl") + _field(2, text.encode("utf-8")))


def bytes_of(model: Any) -> bytes:
    """A converter's model as a file, without what is of the moment; one that others would refuse is told here."""
    onnx = need("onnx")
    del model.metadata_props[:]
    model.graph.name = "zpl"
    model.doc_string = model.graph.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    versions: Dict[str, int] = {}  # skl2onnx says some domains twice
    for opset in model.opset_import:
        versions[opset.domain] = max(opset.version, versions.get(opset.domain, 0))
    del model.opset_import[:]
    for domain in sorted(versions):
        opset = model.opset_import.add()
        opset.domain, opset.version = domain, versions[domain]
    data = bytes(model.SerializeToString(deterministic=True))
    try:
        onnx.checker.check_model(data)
    except Exception as e:
        raise StepError("type", "what came of it is no model of ONNX: %s" % str(e).split("\n")[0]) from e
    return data


def label_of(kind: Type) -> Type:
    assert kind.label_type is not None
    return kind.label_type


def is_regression(kind: Type) -> bool:
    return label_of(kind).kind in ("Int", "Float")


def _texts_of(classes: Any, kind: Type, what: str) -> List[str]:
    """The texts of a model's classes in its own order, none of a Bool, whose order is false, true."""
    label = label_of(kind)
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


def failed(library: str, what: str, error: BaseException) -> StepError:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = " ".join(str(cause).split()).partition(" You may raise an issue")[0]
    unknown = re.search(r"Unable to find a (?:shape calculator|converter) for type '<class '([\w.]+)'>'", words)
    if unknown is not None:
        words = "it knows no %s: do its work in a step before, or score the model by a step in Python" % unknown[1].split(".")[-1]
    if len(words) > 400:
        words = words[:400] + " …"
    return StepError("type", "%s can't make ONNX of %s: %s" % (library, what, words or type(cause).__name__))


class _Attributes:
    """While a converter runs: lists of truths as attributes are lists of 0 and 1, which newer versions of protobuf ask for."""

    def __enter__(self) -> None:
        self.helper = need("onnx.helper")
        self.own = self.helper.make_attribute

        def make_attribute(key: str, value: Any, *args: Any, **more: Any) -> Any:
            if isinstance(value, list):
                value = [int(v) if isinstance(v, bool) or type(v).__name__ in ("bool", "bool_") else v for v in value]
            return self.own(key, value, *args, **more)

        self.helper.make_attribute = make_attribute

    def __exit__(self, *_: Any) -> None:
        self.helper.make_attribute = self.own


# ---- scikit-learn ----


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


def _sklearn(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    skl2onnx = need("skl2onnx")
    types = need("skl2onnx.common.data_types")
    model = _models.load(path, kind, None)
    what = a_type(model)
    _hold_features(getattr(model, "feature_names_in_", None), kind, what)
    if not hasattr(model, "feature_names_in_"):
        warn_of_order(what, [n for n, _ in kind.columns])
    classes: List[str] = []
    if is_regression(kind):
        if hasattr(model, "predict_proba"):
            raise StepError(
                "type",
                "%s tells classes, and its label is %s: declare the label as a Bool, Enum or String" % (what, label_of(kind).kind),
            )
    else:
        if not hasattr(model, "predict_proba"):
            raise StepError(
                "type",
                "%s gives no probabilities (predict_proba), which scores are made of: %s"
                % (what, 'say voting="soft"' if hasattr(model, "voting") else "CalibratedClassifierCV gives it some"),
            )
        classes = _texts_of(model.classes_, kind, what)
    inputs = _inputs(kind, _export_parts.names_matter(model), types)
    try:
        _export_parts.register(model, need)
        own = _export_parts.prepared(model)
        options = _export_parts.options(own)
        if not is_regression(kind):
            options.update({id(_last(own)): {"zipmap": False}, id(own): {"zipmap": False}})
        with _Attributes():
            made = skl2onnx.convert_sklearn(
                own, "zpl", initial_types=inputs, options=options, target_opset={"": OPSET, "ai.onnx.ml": 3}
            )
    except StepError:
        raise
    except Exception as e:
        raise failed("skl2onnx", what, e) from e
    names, data = [o.name for o in made.graph.output], bytes_of(made)
    score = model.predict if is_regression(kind) else model.predict_proba
    named = hasattr(model, "feature_names_in_") or _export_parts.names_matter(model)
    output = names[0 if is_regression(kind) else 1]
    missing = hold(lambda rows: score(_frame(rows) if named else _matrix(rows)), model, data, output, kind, what)
    return Told(data, output, "value" if is_regression(kind) else "probability", classes, missing)


def _frame(rows: Dict[str, Any]) -> Any:
    import pandas

    return pandas.DataFrame(rows)


def _matrix(rows: Dict[str, Any]) -> Any:
    import numpy

    return numpy.stack(list(rows.values()), axis=1)


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if steps else model


def _hold_features(trained: Any, kind: Type, what: str, declared: Optional[List[str]] = None) -> None:
    declared = declared or [n for n, _ in kind.columns]
    if trained is not None and list(trained) != declared:
        raise StepError(
            "type", "%s was trained on %s, and %s are declared" % (what, ", ".join(map(str, trained)), ", ".join(declared))
        )


# ---- XGBoost ----


def _xgboost(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    convert = need("onnxmltools.convert", "onnxmltools")
    types = need("onnxmltools.convert.common.data_types", "onnxmltools")
    booster, what = _models.load(path, kind, None), "the model of XGBoost"
    _hold_xgboost(booster, kind, what)
    classes = list(json.loads(booster.attr("zpl") or "{}").get("classes", []))
    inputs = [(INPUT, types.FloatTensorType([None, len(kind.columns)]))]
    booster.feature_names = booster.feature_types = None  # the converter knows features by numbers alone
    try:
        with _Attributes():
            made = convert.convert_xgboost(booster, "zpl", initial_types=inputs, target_opset=TREE_OPSET)
    except Exception as e:
        raise failed("onnxmltools", what, e) from e
    names, data = [o.name for o in made.graph.output], bytes_of(made)
    output = names[0 if is_regression(kind) else 1]
    matrix = need("xgboost").DMatrix
    missing = hold(lambda rows: booster.predict(matrix(_matrix(rows))), booster, data, output, kind, what)
    return Told(data, output, "value" if is_regression(kind) else "probability", classes, missing)


def _hold_xgboost(booster: Any, kind: Type, what: str) -> None:
    """Told is what the converter makes something else of, or nothing."""
    kept = json.loads(booster.save_config())["learner"]["gradient_booster"]["name"]
    objective = _model_xgboost.objective(booster)
    if kept != "gbtree":
        raise StepError(
            "type",
            "%s has the booster '%s', and ONNX is made of 'gbtree' alone: predict and evaluate score it as it is" % (what, kept),
        )
    if not is_regression(kind) and objective not in ("binary:logistic", "multi:softprob"):
        raise StepError(
            "type",
            "%s has the objective '%s', of which no probabilities of classes are made: train it with '%s'"
            % (what, objective, "binary:logistic" if label_of(kind).kind == "Bool" else "multi:softprob"),
        )


# ---- LightGBM ----


def _lightgbm(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    convert = need("onnxmltools.convert", "onnxmltools")
    types = need("onnxmltools.convert.common.data_types", "onnxmltools")
    booster = _models.load(path, kind, None)
    what = "the model of LightGBM"
    names = booster.feature_name()
    if names != ["Column_%d" % i for i in range(len(names))]:  # as it calls those of an array
        _hold_features(names, kind, what, [n.replace(" ", "_") for n, _ in kind.columns])
    elif len(names) != len(kind.columns):
        raise StepError("type", "%s was trained on %d features, and %d are declared" % (what, len(names), len(kind.columns)))
    else:
        warn_of_order(what, [n for n, _ in kind.columns])
    odd = [n for n, t in kind.columns if t.kind not in ONE_INPUT]
    if odd:
        raise StepError("type", "feature '%s' is no number, and ONNX of LightGBM takes numbers" % odd[0])
    objective = str(booster.dump_model(num_iteration=1).get("objective", "")).split(" ")[0]
    classes = _lightgbm_classes(path, booster, objective, kind, what)
    inputs = [(INPUT, types.FloatTensorType([None, len(kind.columns)]))]
    try:
        with _Attributes():
            made = convert.convert_lightgbm(booster, "zpl", initial_types=inputs, target_opset=TREE_OPSET, zipmap=False)
    except Exception as e:
        raise failed("onnxmltools", what, e) from e
    outputs = [o.name for o in made.graph.output]
    data, output = bytes_of(made), outputs[-1]
    missing = hold(lambda rows: booster.predict(_matrix(rows)), booster, data, output, kind, what)
    return Told(data, output, "value" if is_regression(kind) else "probability", classes, missing)


def _lightgbm_classes(path: str, booster: Any, objective: str, kind: Type, what: str) -> List[str]:
    from zpl import _model_lightgbm

    tells = objective.startswith(("binary", "multiclass"))
    if is_regression(kind):
        if tells:
            raise StepError(
                "type", "%s tells classes, and its label is %s: declare the label as a Bool, Enum or String" % (what, label_of(kind).kind)
            )
        return []
    if not tells:
        raise StepError(
            "type",
            "%s has the objective '%s', which gives no probabilities of classes, and its label is %s: train it with 'binary' or "
            "'multiclass'" % (what, objective, label_of(kind).text or label_of(kind).kind),
        )
    count = max(2, booster.num_model_per_iteration())
    return _texts_of(_model_lightgbm.classes(path) or range(count), kind, what)


_EXPORTERS = {"lightgbm": _lightgbm, "sklearn": _sklearn, "xgboost": _xgboost}
_NETS = ("keras", "torch")
