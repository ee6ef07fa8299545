"""Models of ONNX: the bytes of a ModelProto."""
from __future__ import annotations

import os
from typing import Any

from zpl._errors import StepError, a_type, need
from zpl._types import Type

ENDING = ".onnx"


def _onnx() -> Any:
    return need("onnx", why="a model of ONNX is an onnx.ModelProto here")


def takes(value: Any) -> bool:
    return type(value).__name__ == "ModelProto" and type(value).__module__.split(".")[0] == "onnx"


def holds(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(1) == b"\x08"  # ir_version, the first field


def save(value: Any, kind: Type, path: str, who: str) -> None:
    """A ModelProto, its bytes, or the path of a file with them."""
    if isinstance(value, (str, os.PathLike)):
        value = _onnx().load(os.fspath(value))  # with what lies beside it
    elif isinstance(value, bytes):
        value = _parsed(value, who)
    if not takes(value):
        raise StepError(
            "type", "%s is %s, and %s is declared: return an onnx.ModelProto, or the path of its file" % (who, a_type(value), kind.text)
        )
    onnx = _onnx()
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in value.graph.initializer):
        raise StepError("type", "%s has its weights in a file of their own: load them into it (onnx.load does) and return that" % who)
    with open(path, "wb") as f:
        f.write(value.SerializeToString(deterministic=True))


def _parsed(data: bytes, who: str) -> Any:
    onnx = _onnx()
    try:
        return onnx.load_model_from_string(data)
    except Exception as error:
        raise StepError("type", "%s is bytes that are no model of ONNX: %s" % (who, error)) from error


def load(path: str, kind: Type, hint: Any) -> Any:
    """A ModelProto, or an InferenceSession of ONNX Runtime where the annotation names that."""
    if getattr(hint, "__name__", "") != "InferenceSession":
        return _onnx().load(path)
    import onnxruntime

    from zpl._context import context

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = context().threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
