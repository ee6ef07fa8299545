"""onnx.export of nets, of PyTorch and of Keras: what they take and give is found out by rows, since no net says it."""
from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

from zpl import _models
from zpl._errors import StepError, a_type, need
from zpl._export import INPUT, ONE_INPUT, OUTPUT, Told, bytes_of, failed, is_regression, label_of
from zpl._types import Type

NET_OPSET = 17  # that PyTorch 1.13 knows too


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


class _Net:
    """A net of either library: what it is called, what its weights are, and what it gives of an array of rows, as an array of
    float64 where that is one tensor."""

    def __init__(self, what: str, floats: str, call: Callable[[Any, str], Any], classes: Any) -> None:
        self.what, self.floats, self.call, self.classes = what, floats, call, classes


def _rows(shape: List[int], dtype: str, scale: float) -> Any:
    """64 random rows: of floats around 0, of whole numbers all there are; by a scale of 0 rows of zeros."""
    import numpy as np

    if scale == 0:
        return np.zeros((64, *shape))
    rng = np.random.default_rng(0)
    if "float" in dtype:
        return rng.standard_normal((64, *shape)) * scale
    if dtype == "bool":
        return rng.random((64, *shape)) < 0.5
    info = np.iinfo(dtype)
    return rng.integers(max(info.min, -(2**31)), min(info.max, 2**31 - 1), (64, *shape), endpoint=True)


def _net_dtype(net: _Net, shape: List[int], kind: Type) -> str:
    """What the net takes: a Tensor's own elements if it takes these, else floats as its weights are."""
    own = {"f32": "float32", "f64": "float64", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "u8": "uint8", "bool": "bool"}
    tensor = kind.columns[0][1] if kind.columns[0][1].kind == "Tensor" else None
    tries = [own[tensor.dtype]] if tensor is not None and tensor.dtype in own else []
    if net.floats not in tries:
        tries.append(net.floats)
    for dtype in tries:
        for scale in (1.0, 0.0):  # an Embedding knows so many numbers, and 0 is one of them
            try:
                net.call(_rows(shape, dtype, scale), dtype)
                return dtype
            except Exception as e:
                reason = e
    words = str(reason).strip().split("\n")[0]
    raise StepError("type", "%s can't be given rows of %s numbers: %s" % (net.what, "x".join(map(str, shape)), words))


def _net_kind(net: _Net, shape: List[int], dtype: str, kind: Type, given: Optional[str]) -> Tuple[str, int]:
    """What the net's output is, and how many numbers it has a row.

    Probabilities stay between 0 and 1, and of several classes are 1 in sum, whatever the net is given: also what is far from
    all rows.  What does not is logits.  Of a net that refuses such rows it has to be said.
    """
    import numpy as np

    lowest, highest, sums, width, refused = float("inf"), float("-inf"), 0.0, 1, False
    for scale in (1.0, 30.0, 1000.0):
        try:
            out = net.call(_rows(shape, dtype, scale), dtype)
        except Exception:
            refused, out = True, net.call(_rows(shape, dtype, 0.0), dtype)
        if not isinstance(out, np.ndarray) or out.ndim not in (1, 2) or out.shape[0] != 64:
            shown = "[%s]" % ", ".join(map(str, out.shape)) if isinstance(out, np.ndarray) else a_type(out)
            raise StepError("type", "of 64 rows %s gives %s, and a row has to have one number or one a class" % (net.what, shown))
        out = out.reshape(64, -1)
        width = int(out.shape[1])
        lowest, highest = min(lowest, float(out.min())), max(highest, float(out.max()))
        sums = max(sums, float(np.abs(out.sum(axis=1) - 1).max()))
    if is_regression(kind):
        return "value", width
    if refused and given is None:
        raise StepError(
            "type",
            "%s takes some numbers alone, as an Embedding does, so what it gives is not found out: say `output = \"probability\"` "
            "or `output = \"logit\"`" % net.what,
        )
    probable = lowest >= -1e-6 and highest <= 1 + 1e-6 and (width == 1 or sums < 1e-4)
    return given or ("probability" if probable else "logit"), width


def _net_classes(net: _Net, kind: Type, width: int) -> List[str]:
    label, what = label_of(kind), net.what
    if label.kind in ("Int", "Float", "Bool"):
        if width != 1 and not (label.kind == "Bool" and width == 2):
            raise StepError("type", "%s gives %d numbers a row, and its label is %s" % (what, width, label.kind))
        return []
    classes = list(label.values) if label.values is not None else [str(c) for c in net.classes or ()]
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

    torch = need("torch")
    module = _models.load(path, kind, None)
    what = a_type(module)
    if not isinstance(module, torch.nn.Module):
        raise StepError("type", "the model is %s, which is weights without a net: return the torch.nn.Module" % what)
    module.eval()

    def call(rows: Any, dtype: str) -> Any:
        with torch.no_grad():
            out = module(torch.from_numpy(rows).to(getattr(torch, dtype)))
        return out.double().numpy() if isinstance(out, torch.Tensor) else out

    floats = next((p.dtype for p in module.parameters() if p.dtype.is_floating_point), torch.float32)
    net, shape = _Net(what, str(floats).replace("torch.", ""), call, getattr(module, "classes", None)), _shape_of(kind)
    dtype = _net_dtype(net, shape, kind)
    said, width = _net_kind(net, shape, dtype, kind, _given(args, "output"))
    classes = _net_classes(net, kind, width)
    more = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    any_rows = {INPUT: {0: "n"}, OUTPUT: {0: "n"}}
    out = io.BytesIO()
    try:
        torch.onnx.export(
            module, (torch.zeros(2, *shape, dtype=getattr(torch, dtype)),), out, input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes=any_rows, opset_version=NET_OPSET, **more
        )  # fmt: skip
    except Exception as e:
        raise failed("torch.onnx", what, e) from e
    return Told(out.getvalue(), OUTPUT, said, classes)


def _keras(path: str, kind: Type, args: Dict[str, Any]) -> Told:
    import os
    import tempfile

    keras = need("keras")
    if keras.backend.backend() != "tensorflow":
        raise StepError(
            "missing", "Keras runs on %s here, and ONNX is made by that on TensorFlow: vars = { KERAS_BACKEND = \"tensorflow\" }"
            % keras.backend.backend()
        )  # fmt: skip
    need("tf2onnx")
    onnx = need("onnx")
    model = _models.load(path, kind, None)
    what = a_type(model)

    def call(rows: Any, dtype: str) -> Any:
        out = model(keras.ops.convert_to_tensor(rows, dtype=dtype), training=False)
        return keras.ops.convert_to_numpy(out).astype("float64") if keras.ops.is_tensor(out) else out

    floats = next((v.dtype for v in model.weights if "float" in v.dtype), "float32")
    net, shape = _Net(what, floats, call, getattr(model, "classes", None)), _shape_of(kind)
    dtype = _net_dtype(net, shape, kind)
    said, width = _net_kind(net, shape, dtype, kind, _given(args, "output"))
    classes = _net_classes(net, kind, width)
    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if keras.ops.is_tensor(value):  # of Normalization, say: of a tensor that is no weight tf2onnx makes an input
                setattr(layer, name, keras.ops.convert_to_numpy(value))
    signature = [keras.InputSpec(shape=(None, *shape), dtype=dtype, name=INPUT)]
    with tempfile.TemporaryDirectory(prefix="zpl-") as folder:
        made = os.path.join(folder, "model.onnx")
        try:
            model.export(made, format="onnx", verbose=False, input_signature=signature, opset_version=NET_OPSET)
        except Exception as e:
            raise failed("tf2onnx", what, e) from e
        proto = onnx.load(made)
    if len(proto.graph.input) != 1:
        raise StepError("type", "%s is made of tensors that are no weights (add_weight), and tf2onnx makes inputs of them" % what)
    _hold_erfc(proto.graph)
    _order(proto.graph)
    return Told(bytes_of(proto), OUTPUT, said, classes)


def _hold_erfc(graph: Any) -> None:
    """An Erfc, which gelu is made of, and for which tf2onnx knows nothing, becomes 1 - Erf."""
    onnx = need("onnx")
    for node in [n for n in graph.node if n.op_type == "Erfc"]:
        told, one, inner = node.output[0], node.output[0] + " one", node.output[0] + " erf"
        node.op_type, node.output[0] = "Erf", inner
        del node.attribute[:]
        graph.initializer.append(onnx.helper.make_tensor(one, onnx.TensorProto.FLOAT, [], [1.0]))
        graph.node.append(onnx.helper.make_node("Sub", [one, inner], [told]))


def _order(graph: Any) -> None:
    """tf2onnx orders nodes and counts names by where objects lie in memory: as a depth-first walk from the output finds them, then."""
    makers = {name: i for i, node in enumerate(graph.node) for name in node.output if name}
    tensors = {t.name: t for t in graph.initializer}
    names: Dict[str, str] = {"": ""}
    nodes: List[Any] = []
    kept: List[Any] = []
    begun: Set[Any] = set()

    def named(name: str) -> str:
        return names.setdefault(name, "v%d" % len(names))

    def bodies(node: Any) -> List[Any]:
        return [g for a in node.attribute for g in ([a.g] if a.HasField("g") else []) + list(a.graphs)]

    def asked(node: Any) -> Iterator[str]:
        yield from node.input
        for body in bodies(node):
            yield from (name for inner in body.node for name in asked(inner))
            yield from (o.name for o in body.output)

    walk = [(o.name, False) for o in reversed(graph.output)]
    while walk:
        name, done = walk.pop()
        if done:
            nodes.append(graph.node[makers[name]])
        elif name in tensors and name not in begun:
            kept.append(tensors[name])
            begun.add(name)
        elif name in makers and makers[name] not in begun:
            begun.add(makers[name])
            walk.append((name, True))
            walk += [(n, False) for n in reversed(list(asked(graph.node[makers[name]])))]

    def rename(node: Any, number: str) -> None:
        node.name = number
        for names_of in (node.input, node.output):
            names_of[:] = [named(n) for n in names_of]
        for a in (a for a in node.attribute if a.HasField("t")):
            a.t.name = ""
        for body in bodies(node):
            body.name = "body"
            del body.value_info[:]
            for value in [*body.input, *body.output, *body.initializer]:
                value.name = named(value.name)
            for i, inner in enumerate(body.node):
                rename(inner, "%s.%d" % (number, i))

    names[graph.input[0].name], names[graph.output[0].name] = INPUT, OUTPUT
    for i, node in enumerate(nodes):
        rename(node, "n%d" % i)
    for value in [*graph.input, *graph.output]:
        value.name = named(value.name)
        for rows in value.type.tensor_type.shape.dim[:1]:
            rows.dim_param = "n"
    for tensor in kept:
        tensor.name = named(tensor.name)
    nodes, kept = [_copy(n) for n in nodes], [_copy(t) for t in kept]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)


def _copy(message: Any) -> Any:
    out = type(message)()
    out.CopyFrom(message)
    return out


def _given(args: Dict[str, Any], name: str) -> Optional[str]:
    """A param that is a text; None: it was not given."""
    from zpl import _values

    return _values.from_literal(args[name]["json"]) if name in args else None


EXPORTERS = {"keras": _keras, "torch": _torch}
