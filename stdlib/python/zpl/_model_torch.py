"""Models of PyTorch: nothing of them is pickled.

    an nn.Module      a folder: weights.safetensors, and module.json that says what it is made of (_torch_module.py)
    a state_dict      a file of safetensors
    TorchScript       the .pt of torch.jit.save, without the places of its text
    a module of torch.fx, torch.compile, DistributedDataParallel … is told what to return instead
"""
from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any, Dict

from zpl import _code
from zpl._errors import StepError, a_type
from zpl._types import Type

ENDING = ""  # one of several
MODULE, WEIGHTS = "module.json", "weights.safetensors"
_SAID = "zpl.json"  # in a .pt
_ORDER = "zpl.order"  # of a state_dict, as JSON; the file has another

_INSTEAD = {
    "torch.nn.parallel.distributed.DistributedDataParallel": "return what it is around, model.module",
    "torch.nn.parallel.data_parallel.DataParallel": "return what it is around, model.module",
    "torch._dynamo.eval_frame.OptimizedModule": "return the module that was compiled, model._orig_mod; compile it where it is used",
    "torch.export.exported_program.ExportedProgram": "return the module, or what torch.onnx.export makes of it as a Model {onnx}",
    "torch.fx.graph_module.GraphModule": "its code was made while it ran: return the module, or torch.jit.trace(…) of it",
}


def takes(value: Any) -> bool:
    names = {cls.__module__ + "." + cls.__qualname__ for cls in type(value).__mro__}
    return "torch.nn.modules.module.Module" in names or bool(names & set(_INSTEAD)) or _is_state(value)


def holds(path: str) -> bool:
    if os.path.isdir(path):
        return os.path.isfile(os.path.join(path, MODULE))
    from zpl import _safetensors

    return _is_script(path) or _safetensors.holds(path)


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_is_tensor(v) for v in value.values())


def _is_tensor(value: Any) -> bool:
    return any(cls.__module__ == "torch" and cls.__name__ == "Tensor" for cls in type(value).__mro__)


def _is_script(path: str) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any(name.split("/")[1:] == ["constants.pkl"] for name in file.namelist())


def save(value: Any, kind: Type, path: str, who: str) -> None:
    import torch

    for cls in type(value).__mro__:
        instead = _INSTEAD.get(cls.__module__ + "." + cls.__qualname__)
        if instead is not None:
            raise StepError("type", "%s is %s: %s" % (who, a_type(value), instead))
    if isinstance(value, torch.jit.ScriptModule):
        _save_script(value, path)
    elif isinstance(value, torch.nn.Module):
        from zpl import _torch_module

        _torch_module.save(value, path, who)
    elif isinstance(value, dict):
        _save_state(value, path, who)
    else:
        raise StepError(
            "type",
            "%s is %s, and %s is declared: return a torch.nn.Module, its state_dict() or TorchScript" % (who, a_type(value), kind.text),
        )


def load(path: str, kind: Type, hint: Any) -> Any:
    """The module, on the CPU and in the mode in which it was returned; a dict of tensors; the ScriptModule."""
    from zpl import _safetensors

    if os.path.isdir(path):
        from zpl import _torch_module

        return _torch_module.load(path)
    if _is_script(path):
        return _load_script(path)
    tensors, said = _safetensors.read(path)
    return {name: tensors[name] for name in json.loads(said[_ORDER])} if _ORDER in said else tensors


def version() -> str:
    import torch

    return str(torch.__version__).split("+")[0]


def hold_version(made: str) -> None:
    """Raises StepError for what another major version of PyTorch wrote; warns of another minor one."""
    have = version()
    if made.split(".")[0] != have.split(".")[0]:
        raise StepError(
            "changed",
            "the model was made with torch %s, and %s would score it differently: make it anew, or read it by the same torch"
            % (made, have),
        )
    _code.hold_version("torch", made, have, "torch", 2)


# ---- tensors ----


def kept_tensor(t: Any, who: str) -> Any:
    """A tensor as it is written: on the CPU.  Raises StepError for one that is not written."""
    import torch

    from zpl import _safetensors

    if type(t).__name__ in ("UninitializedParameter", "UninitializedBuffer"):
        raise StepError("type", "%s has no shape yet: it is of a lazy module, which gets it from the first rows it sees" % who)
    if t.layout != torch.strided or t.is_quantized or t.device.type == "meta" or t.is_nested:
        what = "is on no device" if t.device.type == "meta" else "is quantized" if t.is_quantized else "is nested" if t.is_nested else "is sparse"
        raise StepError("type", "%s %s, which a file of safetensors has nothing for: return TorchScript" % (who, what))
    if not _safetensors.can_keep(t.dtype):
        raise StepError("type", "%s is of %s, which a file of safetensors has nothing for: return TorchScript" % (who, t.dtype))
    t = t.detach().cpu()
    return t.resolve_conj().resolve_neg() if hasattr(t, "resolve_conj") else t


def _save_state(value: Dict[str, Any], path: str, who: str) -> None:
    from zpl import _safetensors

    tensors = {}
    for name, t in value.items():
        if not isinstance(name, str):
            raise StepError("type", "%s is a dict with the key %r, and the names of a state_dict are texts" % (who, name))
        if not _is_tensor(t):
            raise StepError(
                "type",
                "%s is a dict with %s as '%s', and a state_dict has tensors alone: return model.state_dict(), and what else there is "
                "as outputs of their own" % (who, a_type(t), name),
            )
        tensors[name] = kept_tensor(t, "tensor '%s' of %s" % (name, who))
    if not tensors:
        raise StepError("type", "%s is an empty dict, and a state_dict is declared" % who)
    _safetensors.write(path, tensors, {"format": "pt", "torch": version(), _ORDER: json.dumps(list(tensors))})


# ---- TorchScript ----


def _save_script(value: Any, path: str) -> None:
    """The archive of torch.jit.save, its parts by name and without the files that say where in whose folder its text stood."""
    import torch

    made, out = io.BytesIO(), io.BytesIO()
    torch.jit.save(value, made, _extra_files={_SAID: '{"torch":"%s"}' % version()})
    with zipfile.ZipFile(made) as file, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as kept:
        for name in sorted(file.namelist()):
            if not name.endswith((".debug_pkl", "/serialization_id")):
                kept.writestr(zipfile.ZipInfo(name), file.read(name))
    with open(path, "wb") as f:
        f.write(out.getvalue())


def _load_script(path: str) -> Any:
    import torch

    said = {_SAID: ""}
    with open(path, "rb") as f:
        module = torch.jit.load(io.BytesIO(f.read()), map_location="cpu", _extra_files=said)
    made = json.loads(said[_SAID] or "{}").get("torch")
    if made is not None:
        _code.hold_version("torch", made, version(), "torch", 2)
    return module
