"""Tensors of PyTorch in a file of safetensors: eight bytes of a length, JSON of that length, the tensors' bytes.

The JSON says of each name {"dtype", "shape", "data_offsets": [begin, end)}, offsets counting from behind it; it is padded with
spaces to a multiple of eight.  Tensors lie by the size of their items, large ones first, then by name, with nothing between
them, row by row.  Texts go with them in "__metadata__".
"""
from __future__ import annotations

import ctypes
import json
from typing import Any, BinaryIO, Dict, Tuple

from zpl._errors import StepError

#: What the format calls the types, and PyTorch; a version of that need not have them all.
_NAMES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16",
    "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool", "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip
_TEXTS = "__metadata__"
_HEADER_MAX = 100_000_000


def _names() -> Dict[Any, str]:
    import torch

    return {getattr(torch, name): code for code, name in _NAMES.items() if hasattr(torch, name)}


def can_keep(dtype: Any) -> bool:
    return dtype in _names()


def write(path: str, tensors: Dict[str, Any], said: Dict[str, str]) -> None:
    """Writes tensors that are on the CPU and dense, and texts beside them: the same bytes for the same values.

    Raises StepError for a name that the format has not.
    """
    names = _names()
    order = sorted(tensors, key=lambda n: (-tensors[n].element_size(), n))
    header: Dict[str, Any] = {_TEXTS: {k: said[k] for k in sorted(said)}} if said else {}
    at = 0
    for name in order:
        if name == _TEXTS or name.encode("utf-8", "replace").decode("utf-8") != name:
            raise StepError("type", "a tensor is called %r, which no tensor in a file of safetensors is" % name)
        t = tensors[name]
        size = t.numel() * t.element_size()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            t = tensors[name].detach().contiguous()
            f.write((ctypes.c_char * (t.numel() * t.element_size())).from_address(t.data_ptr()) if t.numel() else b"")


def holds(path: str) -> bool:
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        return 2 <= size <= _HEADER_MAX and f.read(1) == b"{"


def read(path: str) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """The tensors of a file in their order, on the CPU, and its texts.  Raises StepError for a file that is none."""
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        try:
            header = json.loads(f.read(size)) if size <= _HEADER_MAX else None
        except ValueError:
            header = None
        if not isinstance(header, dict):
            raise StepError("type", "%s is no file of safetensors" % path)
        said = header.pop(_TEXTS, {})
        return {name: _tensor(name, one, f, 8 + size) for name, one in header.items()}, said


def _tensor(name: str, one: Dict[str, Any], file: BinaryIO, start: int) -> Any:
    import torch

    dtype = getattr(torch, _NAMES.get(one["dtype"], ""), None)
    if dtype is None:
        raise StepError("type", "tensor '%s' is of type %s, which torch %s does not have" % (name, one["dtype"], torch.__version__))
    begin, end = one["data_offsets"]
    made = torch.empty(one["shape"], dtype=dtype)
    size = made.numel() * made.element_size()
    file.seek(start + begin)
    if end - begin != size or (size > 0 and file.readinto((ctypes.c_char * size).from_address(made.data_ptr())) != size):  # type: ignore[attr-defined]
        raise StepError("type", "tensor '%s' is not whole: its bytes are not as many as its shape has" % name)
    return made
