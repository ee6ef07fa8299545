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
from zpl._export_check import hold
from zpl._types import Type, parse

FORMAT = 1  # of the metadata; ZPL_MODEL_FORMAT
OPSET = 18  # of what is written; one that every version of the converters since 2023 knows
NET_OPSET = 17  # that PyTorch 1.13 knows too
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
    if made is None:
        raise StepError("type", "nothing makes ONNX of %s" % kind.text)
    told = made(given["path"], kind, args)
    with open(wanted["path"], "wb") as f:
        f.write(told.data + _recorded(told, kind))


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
        "label_type": _label(kind).kind,
        "missing": told.missing,
        "output": told.output,
        "version": FORMAT,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _field(14, _field(1, b"zpl") + _field(2, text.encode("utf-8")))


def _bytes_of(model: Any) -> bytes:
    """A converter's model as a file, without what is of the moment; one that others would refuse is told here."""
    onnx = _need("onnx")
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


def _sklearn(path: str, kind: Type, args: Dict[str, Any]) -> Told:
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
    names, data = [o.name for o in made.graph.output], _bytes_of(made)
    score = model.predict if _is_regression(kind) else model.predict_proba
    named = hasattr(model, "feature_names_in_") or _names_matter(model)
    output = names[0 if _is_regression(kind) else 1]
    missing = hold(lambda rows: score(_frame(rows) if named else _matrix(rows)), model, data, output, kind, what)
    return Told(data, output, "value" if _is_regression(kind) else "probability", classes, missing)


def _frame(rows: Dict[str, Any]) -> Any:
    import pandas

    return pandas.DataFrame(rows)


def _matrix(rows: Dict[str, Any]) -> Any:
    import numpy

    return numpy.stack(list(rows.values()), axis=1)


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if steps else model


def _hold_features(trained: Any, kind: Type, what: str) -> None:
    declared = [n for n, _ in kind.columns]
    if trained is not None and list(trained) != declared:
        raise StepError(
            "type", "%s was trained on %s, and %s are declared" % (what, ", ".join(map(str, trained)), ", ".join(declared))
        )


# ---- XGBoost ----


def _xgboost(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    convert = _need("onnxmltools.convert", "onnxmltools")
    types = _need("onnxmltools.convert.common.data_types", "onnxmltools")
    booster = _models.load(path, kind, None)
    classes = list(json.loads(booster.attr("zpl") or "{}").get("classes", []))
    inputs = [(INPUT, types.FloatTensorType([None, len(kind.columns)]))]
    booster.feature_names = booster.feature_types = None  # the converter knows features by numbers alone
    try:
        with _Attributes():
            made = convert.convert_xgboost(booster, "zpl", initial_types=inputs, target_opset=TREE_OPSET)
    except Exception as e:
        raise _failed("onnxmltools", "the model of XGBoost", e) from e
    names, data = [o.name for o in made.graph.output], _bytes_of(made)
    output = names[0 if _is_regression(kind) else 1]
    matrix = _need("xgboost").DMatrix
    missing = hold(lambda rows: booster.predict(matrix(_matrix(rows))), booster, data, output, kind, "the model of XGBoost")
    return Told(data, output, "value" if _is_regression(kind) else "probability", classes, missing)


# ---- PyTorch ----


def _shape_of(kind: Type) -> List[int]:
    """What a net takes of a row: as many numbers as there are features, or the one Tensor."""
    tensors = [(n, t) for n, t in kind.columns if t.kind == "Tensor"]
    if not tensors:
        odd = [n for n, t in kind.columns if t.kind not in ONE_INPUT]
        if odd:
            raise StepError("type", "feature '%s' is no number, and a net takes numbers" % odd[0])
        return [len(kind.columns)]
    name, tensor = tensors[0]
    dims = [int(d) if str(d).isdigit() else 0 for d in tensor.values or ()]
    if len(kind.columns) > 1 or not dims or 0 in dims:
        raise StepError(
            "type", "a net is given numbers, or one Tensor whose dimensions are known, and '%s' is %s beside %d other features"
            % (name, tensor.text or "a Tensor", len(kind.columns) - 1)
        )
    return dims


def _rows(shape: List[int], dtype: Any, scale: float) -> Any:
    """64 random rows: of floats around 0, of whole numbers all there are."""
    import torch

    if dtype.is_floating_point:
        return torch.randn(64, *shape, dtype=dtype) * scale
    if dtype == torch.bool:
        return torch.rand(64, *shape) < 0.5
    info = torch.iinfo(dtype)
    return torch.randint(max(info.min, -(2**31)), min(info.max, 2**31 - 1), (64, *shape)).to(dtype)


def _net_dtype(net: Any, shape: List[int], kind: Type, what: str) -> Any:
    """What the net takes: a Tensor's own elements if it takes these, else floats as its weights are."""
    import torch

    floats = next((p.dtype for p in net.parameters() if p.dtype.is_floating_point), torch.float32)
    own = {"f32": "float32", "f64": "float64", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "u8": "uint8", "bool": "bool"}
    tensor = kind.columns[0][1] if kind.columns[0][1].kind == "Tensor" else None
    tries = [getattr(torch, own[tensor.dtype])] if tensor is not None and tensor.dtype in own else []
    if floats not in tries:
        tries.append(floats)
    for dtype in tries:
        try:
            with torch.no_grad():
                net(_rows(shape, dtype, 1.0))
            return dtype
        except Exception as e:
            failed = e
    words = str(failed).split("\n")[0]
    raise StepError("type", "%s can't be given rows of %s numbers: %s" % (what, "x".join(map(str, shape)), words))


def _net_kind(net: Any, shape: List[int], dtype: Any, kind: Type, given: Optional[str], what: str) -> Tuple[str, int]:
    """What the net's output is, and how many numbers it has a row.

    Probabilities stay between 0 and 1, and of several classes are 1 in sum, whatever the net is given: also what is far from
    all rows.  What does not is logits.
    """
    import torch

    lowest, highest, sums, width = float("inf"), float("-inf"), 0.0, 1
    torch.manual_seed(0)
    with torch.no_grad():
        for scale in (1.0, 30.0, 1000.0):
            out = net(_rows(shape, dtype, scale))
            if not isinstance(out, torch.Tensor) or out.dim() not in (1, 2) or out.shape[0] != 64:
                shown = "[%s]" % ", ".join(map(str, out.shape)) if isinstance(out, torch.Tensor) else a_type(out)
                raise StepError("type", "of 64 rows %s gives %s, and a row has to have one number or one a class" % (what, shown))
            out = out.reshape(64, -1).double()
            width = int(out.shape[1])
            lowest, highest = min(lowest, float(out.min())), max(highest, float(out.max()))
            sums = max(sums, float((out.sum(1) - 1).abs().max()))
    if _is_regression(kind):
        return "value", width
    probable = lowest >= -1e-6 and highest <= 1 + 1e-6 and (width == 1 or sums < 1e-4)
    return given or ("probability" if probable else "logit"), width


def _net_classes(net: Any, kind: Type, width: int, what: str) -> List[str]:
    label = _label(kind)
    if label.kind in ("Int", "Float", "Bool"):
        if width != 1 and not (label.kind == "Bool" and width == 2):
            raise StepError("type", "%s gives %d numbers a row, and its label is %s" % (what, width, label.kind))
        return []
    classes = list(label.values) if label.values is not None else [str(c) for c in getattr(net, "classes", None) or ()]
    if not classes:
        raise StepError(
            "type",
            "%s does not know its classes: declare the label as an Enum, or give the net `classes`, a list of texts, in the order of "
            "its outputs" % what,
        )
    if width != len(classes) and not (width == 1 and len(classes) == 2):
        raise StepError("type", "%s gives %d numbers a row, and there are %d classes" % (what, width, len(classes)))
    return classes


def _torch(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    import inspect
    import io

    torch = _need("torch")
    net = _models.load(path, kind, None)
    what = a_type(net)
    if not isinstance(net, torch.nn.Module):
        raise StepError("type", "the model is %s, which is weights without a net: return the torch.nn.Module" % what)
    net.eval()
    shape = _shape_of(kind)
    dtype = _net_dtype(net, shape, kind, what)
    said, width = _net_kind(net, shape, dtype, kind, _given(args, "output"), what)
    classes = _net_classes(net, kind, width, what)
    more = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    any_rows = {INPUT: {0: "n"}, OUTPUT: {0: "n"}}
    out = io.BytesIO()
    try:
        torch.onnx.export(
            net, (torch.zeros(2, *shape, dtype=dtype),), out, input_names=[INPUT], output_names=[OUTPUT], dynamic_axes=any_rows,
            opset_version=NET_OPSET, **more
        )  # fmt: skip
    except Exception as e:
        raise _failed("torch.onnx", what, e) from e
    return Told(out.getvalue(), OUTPUT, said, classes)


def _given(args: Dict[str, Any], name: str) -> Optional[str]:
    """A param that is a text; None: it was not given."""
    from zpl import _values

    return _values.from_literal(args[name]["json"]) if name in args else None


_EXPORTERS = {"sklearn": _sklearn, "torch": _torch, "xgboost": _xgboost}
