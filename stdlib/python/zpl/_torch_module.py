"""An nn.Module as a folder: module.json says what it is made of, weights.safetensors has its tensors.

    {"version": 1, "torch": "2.15.0", "packages": {NAME: VERSION}, "place", "python", "modules", "files",    (_code.py)
     "parts": [{"class": "torch.nn.modules.linear:Linear", "training": true, "parameters": {"weight": "0.weight", "bias": null},
                "buffers": {"mean": "0.mean"}, "passing": ["mean"], "modules": {"act": 3}, "state": {NAME: VALUE}}],
     "tensors": {"0.weight": {"parameter": true, "frozen": true, "strides": [1, 4]}}}

`parts` are the modules of the tree, each once, its root first; a part or tensor that stands in two places is one.  `passing` are buffers
that are not persistent.  `state` is what else the module is, as it says by __getstate__ or by its attributes; a VALUE is what JSON
says, or {"$what": …} (`_Taking._TAGS`).  Of a tensor only what is unusual is said.
"""
from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, List, Optional

from zpl import _safetensors
from zpl._code import Code, Known, is_outside
from zpl._errors import StepError, a_type
from zpl._model_torch import MODULE, WEIGHTS, hold_version, kept_tensor, version

FORMAT = 1
_DEEP = 100
_OTHERWISE = (
    "leave it out by __getstate__ and make it in __setstate__, return model.state_dict() or torch.jit.script(model), or register how "
    "the model is kept (zpl.materialiser)"
)


_PARAMETRIZED = "torch.nn.utils.parametrize.remove_parametrizations(module, name) makes it plain; or return model.state_dict()"


def _internals() -> Dict[str, Any]:
    """What every module has from nn.Module alone, as it is at first."""
    import torch

    return dict(torch.nn.Module().__dict__)


def save(module: Any, path: str, who: str) -> None:
    taking = _Taking(who)
    taking.add(module, "")
    taking.name_tensors(module)
    while taking.todo:
        taking.take(taking.todo.pop(0))
    out = {"version": FORMAT, "torch": version()}
    out.update(taking.code.said("torch"))
    out["parts"] = taking.parts
    out["tensors"] = taking.tensors
    os.mkdir(path)
    with open(os.path.join(path, MODULE), "w", encoding="utf-8") as f:
        f.write(json.dumps(out, indent=1) + "\n")
    _safetensors.write(os.path.join(path, WEIGHTS), taking.values, {"format": "pt"})


class _Taking:
    """A module that is taken apart."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.code = Code(who)
        self.internals = _internals()
        self.parts: List[Dict[str, Any]] = []
        self.tensors: Dict[str, Dict[str, Any]] = {}  # name: what is unusual
        self.values: Dict[str, Any] = {}  # name: as it is written
        self.todo: List[Any] = []  # (module, its path, its part)
        self._modules: Dict[int, int] = {}  # id: number
        self._names: Dict[int, str] = {}  # id of a tensor: name
        self._alive: List[Any] = []  # so that no id is given again

    def fail(self, path: str, what: str, otherwise: str = _OTHERWISE) -> StepError:
        at = "%s: its attribute '%s'" % (self.who, path) if path else self.who
        return StepError("type", "%s %s: %s" % (at, what, otherwise))

    # -- modules

    def add(self, module: Any, path: str) -> int:
        """The number of a module, which is taken in its turn."""
        number = self._modules.get(id(module))
        if number is None:
            number = self._modules[id(module)] = len(self.parts)
            self.parts.append({})
            self.todo.append((module, path, number))
            self._alive.append(module)
        return number

    def state_of(self, module: Any, path: str) -> Dict[str, Any]:
        cls = type(module)
        if cls.__reduce__ is not object.__reduce__ or cls.__reduce_ex__ is not object.__reduce_ex__:
            raise self.fail(path, "is a %s, which is put together by __reduce__" % cls.__qualname__)
        get = getattr(cls, "__getstate__", None)
        own = get is not None and get is not getattr(object, "__getstate__", None)
        try:
            state = get(module) if own else module.__dict__
        except Exception as error:  # as of one with parametrizations, whose class is made while it runs
            raise self.fail(path, "is a %s, which does not say what it is (%s)" % (cls.__qualname__, str(error).split("\n")[0]), _PARAMETRIZED) from error
        if not isinstance(state, dict) or any(n not in state for n in ("training", "_parameters", "_buffers", "_modules")):
            raise self.fail(path, "is a %s, whose __getstate__ gives no dict with what nn.Module has" % cls.__qualname__)
        return state

    def take(self, one: Any) -> None:
        module, path, number = one
        cls, below = type(module), (path + "." if path else "")
        state = self.state_of(module, path)
        part = self.parts[number]
        what = "%s: '%s'" % (self.who, path) if path else self.who
        part["class"] = self.code.name(cls, what)
        part["training"] = self.value(state["training"], below + "training")
        for group, members in (("parameters", state["_parameters"]), ("buffers", state["_buffers"])):
            part[group] = {n: None if t is None else self.tensor(t, below + n) for n, t in members.items()}
        part["passing"] = sorted(state.get("_non_persistent_buffers_set", ()))
        part["modules"] = {n: None if m is None else self.add(m, below + n) for n, m in state["_modules"].items()}
        part["state"] = {}
        for name, value in state.items():
            if name not in self.internals:
                part["state"][name] = self.value(value, below + name)
            elif name.endswith("_hooks") and value:
                hook = next(iter(value.values()))
                raise self.fail(below + name, "has a hook, %s" % (getattr(hook, "__qualname__", None) or a_type(hook)))

    # -- tensors

    def name_tensors(self, module: Any) -> None:
        """Those that the tree has are called as in its state_dict, wherever else they stand."""
        import torch

        for members in (torch.nn.Module.named_parameters(module), torch.nn.Module.named_buffers(module)):
            for name, t in members:
                self.tensor(t, name)

    def tensor(self, t: Any, path: str) -> str:
        """The name of a tensor in the file of weights; the same for the same one."""
        import torch

        name = self._names.get(id(t))
        if name is not None:
            return name
        if type(t) not in (torch.Tensor, torch.nn.Parameter) and not type(t).__name__.startswith("Uninitialized"):
            raise self.fail(path, "is a %s, which is more than a tensor" % type(t).__qualname__)
        name = path
        while name in self.values:
            name += "'"
        said: Dict[str, Any] = {}
        kept = self.values[name] = kept_tensor(t, "%s: '%s'" % (self.who, path))
        if isinstance(t, torch.nn.Parameter):
            said["parameter"] = True
        if t.requires_grad != isinstance(t, torch.nn.Parameter):
            said["frozen" if isinstance(t, torch.nn.Parameter) else "requires_grad"] = True
        if not kept.is_contiguous() and _is_dense(kept):
            said["strides"] = list(kept.stride())
        if said != {"parameter": True}:
            self.tensors[name] = said
        self._names[id(t)] = name
        self._alive.append(t)
        return name

    # -- values

    def value(self, value: Any, path: str, depth: int = 0) -> Any:
        """A value as JSON says it.  Raises StepError for what it has no words for."""
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if value - value == 0 else {"$float": repr(value)}
        if depth > _DEEP:
            raise self.fail(path, "is nested more than %d deep, or holds itself" % _DEEP)
        for test, say in self._kinds():
            if test(value):
                return say(value, path, depth + 1)
        what = "is %s, which can't be kept" % a_type(value)
        raise self.fail(path, what)

    def _kinds(self) -> Any:
        import enum
        import pathlib

        import torch

        functions = (type(_is_dense), type(len), type)
        return [
            (lambda v: isinstance(v, torch.Tensor), lambda v, p, d: {"$tensor": self.tensor(v, p)}),
            (lambda v: isinstance(v, torch.nn.Module), lambda v, p, d: {"$module": self.add(v, p)}),
            (lambda v: isinstance(v, torch.Size), lambda v, p, d: {"$size": list(v)}),
            (lambda v: type(v) in (torch.dtype, torch.layout, torch.memory_format), lambda v, p, d: {"$torch": str(v).split(".")[-1]}),
            (lambda v: isinstance(v, torch.device), lambda v, p, d: {"$device": "meta" if v.type == "meta" else "cpu"}),
            (lambda v: isinstance(v, enum.Enum), lambda v, p, d: {"$enum": [self.name(type(v), p), self.value(v.value, p, d)]}),
            (lambda v: type(v) is list, self._list),
            (lambda v: type(v) is tuple, lambda v, p, d: {"$tuple": self._list(v, p, d)}),
            (lambda v: isinstance(v, tuple) and hasattr(v, "_fields"), self._named),
            (lambda v: type(v) in (set, frozenset), self._set),
            (lambda v: type(v) is dict or type(v).__name__ == "OrderedDict", self._dict),
            (lambda v: type(v) in (range, slice), self._range),
            (lambda v: type(v) is bytes, lambda v, p, d: {"$bytes": v.hex()}),
            (lambda v: type(v) is complex, lambda v, p, d: {"$complex": repr(v)}),
            (lambda v: isinstance(v, pathlib.PurePath), lambda v, p, d: {"$path": str(v)}),
            (lambda v: type(v).__module__ == "numpy", self._numpy),
            (lambda v: type(v).__name__ == "partial" and hasattr(v, "func"), self._partial),
            (lambda v: hasattr(v, "__func__") and isinstance(v.__self__, torch.nn.Module), self._method),
            (lambda v: isinstance(v, functions), lambda v, p, d: {"$name": self.name(v, p)}),
            (lambda v: hasattr(type(v), "__dataclass_fields__") or type(v).__name__ in ("SimpleNamespace", "Namespace"), self._object),
        ]

    def name(self, thing: Any, path: str) -> str:
        """The name of a class or function."""
        what = "%s: its attribute '%s'" % (self.who, path)
        if not isinstance(thing, type) and not hasattr(thing, "__code__"):
            thing = self._native(thing, path)
            if isinstance(thing, str):
                return thing
        return self.code.name(thing, what)

    def _native(self, thing: Any, path: str) -> Any:
        """The name of a function of machine code, many of which say no module that has it."""
        import sys

        for module in (getattr(thing, "__module__", None), "torch", "torch.nn.functional", "math", "operator"):
            if module in sys.modules and getattr(sys.modules[module], thing.__name__, None) is thing:
                if not is_outside(module):
                    self.code.packages.add(module.split(".")[0])
                    return "%s:%s" % (module, thing.__name__)
        raise self.fail(path, "is the function '%s', which no module has under that name" % thing.__name__)

    def _list(self, value: Any, path: str, depth: int) -> List[Any]:
        return [self.value(v, "%s.%d" % (path, i), depth) for i, v in enumerate(value)]

    def _set(self, value: Any, path: str, depth: int) -> Any:
        items = [self.value(v, path, depth) for v in value]
        return {"$frozenset" if type(value) is frozenset else "$set": sorted(items, key=lambda v: json.dumps(v, sort_keys=True))}

    def _named(self, value: Any, path: str, depth: int) -> Any:
        return {"$named": [self.name(type(value), path), self._list(value, path, depth)]}

    def _dict(self, value: Any, path: str, depth: int) -> Any:
        if type(value) is dict and all(type(k) is str and k[:1] != "$" for k in value):
            return {k: self.value(v, "%s.%s" % (path, k), depth) for k, v in value.items()}
        pairs = [[self.value(k, path, depth), self.value(v, "%s.%s" % (path, k), depth)] for k, v in value.items()]
        return {"$dict" if type(value) is dict else "$ordered": pairs}

    def _range(self, value: Any, path: str, depth: int) -> Any:
        return {"$" + type(value).__name__: self._list((value.start, value.stop, value.step), path, depth)}

    def _numpy(self, value: Any, path: str, depth: int) -> Any:
        import numpy
        import torch

        if isinstance(value, numpy.ndarray) and value.dtype.kind in "biuf":
            plain = numpy.array(value, value.dtype.newbyteorder("="), order="C")
            return {"$array": self.tensor(torch.from_numpy(plain), path)}
        if isinstance(value, numpy.generic) and value.dtype.kind in "biuf":
            return {"$scalar": [value.dtype.name, self.value(value.item(), path, depth)]}
        raise self.fail(path, "is %s, which can't be kept" % a_type(value))

    def _partial(self, value: Any, path: str, depth: int) -> Any:
        return {"$partial": [self.value(v, path, depth) for v in (value.func, list(value.args), value.keywords)]}

    def _method(self, value: Any, path: str, depth: int) -> Any:
        return {"$method": [self.add(value.__self__, path), value.__name__]}

    def _object(self, value: Any, path: str, depth: int) -> Any:
        names = getattr(type(value), "__dataclass_fields__", None) or vars(value)
        fields = {n: self.value(getattr(value, n), "%s.%s" % (path, n), depth) for n in names if hasattr(value, n)}
        return {"$object": [self.name(type(value), path), fields]}


def _is_dense(t: Any) -> bool:
    """Does the tensor fill its memory, in whatever order of its dimensions?"""
    wanted = 1
    for stride, size in sorted((st, si) for st, si in zip(t.stride(), t.shape) if si > 1):
        if stride != wanted:
            return False
        wanted *= size
    return True


# ---- back ----


def load(path: str) -> Any:
    with open(os.path.join(path, MODULE), encoding="utf-8") as f:
        said = json.load(f)
    if said.get("version") != FORMAT:
        raise StepError("changed", "the model is kept in format %s, and this zpl reads %d: make it anew" % (said.get("version"), FORMAT))
    hold_version(said["torch"])
    making = _Making(said, _safetensors.read(os.path.join(path, WEIGHTS))[0])
    return making.make()


class _Making:
    """A module that is put together."""

    def __init__(self, said: Dict[str, Any], values: Dict[str, Any]) -> None:
        self.parts: List[Dict[str, Any]] = said["parts"]
        self.said: Dict[str, Dict[str, Any]] = said["tensors"]
        self.values = values
        self.code = Known(said)
        self.tensors: Dict[str, Any] = {}
        self.modules: List[Any] = []

    def make(self) -> Any:
        import torch

        for part in self.parts:
            cls = self.code.find(part["class"])
            if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)):
                raise StepError("type", "the model is made of %s, which is no nn.Module" % part["class"])
            module = cls.__new__(cls)
            torch.nn.Module.__init__(module)
            self.modules.append(module)
        for number in reversed(range(len(self.parts))):  # what a module is made of before itself
            self.fill(self.modules[number], self.parts[number])
        return self.modules[0]

    def fill(self, module: Any, part: Dict[str, Any]) -> None:
        state = dict(module.__dict__)
        state["training"] = part["training"]
        for name, key in part["parameters"].items():
            state["_parameters"][name] = None if key is None else self.tensor(key)
        for name, key in part["buffers"].items():
            state["_buffers"][name] = None if key is None else self.tensor(key)
        state["_non_persistent_buffers_set"].update(part["passing"])
        for name, number in part["modules"].items():
            state["_modules"][name] = None if number is None else self.modules[number]
        for name, value in part["state"].items():
            state[name] = self.value(value)
        module.__setstate__(state)

    def tensor(self, key: str) -> Any:
        import torch

        if key in self.tensors:
            return self.tensors[key]
        said = self.said.get(key, {"parameter": True})
        t = self.values[key]
        if "strides" in said:
            t = torch.empty_strided(t.shape, said["strides"], dtype=t.dtype).copy_(t)
        if said.get("parameter"):
            t = torch.nn.Parameter(t, requires_grad=not said.get("frozen", False))
        elif said.get("requires_grad"):
            t.requires_grad_()
        self.tensors[key] = t
        return t

    def value(self, said: Any) -> Any:
        if isinstance(said, list):
            return [self.value(v) for v in said]
        if not isinstance(said, dict):
            return said
        tag = next(iter(said), "")
        if tag[:1] == "$":
            return self._tagged(tag[1:], said[tag])
        return {k: self.value(v) for k, v in said.items()}

    def _tagged(self, tag: str, said: Any) -> Any:
        make: Optional[Callable[[Any], Any]] = {
            "float": float,
            "complex": complex,
            "tensor": self.tensor,
            "module": lambda v: self.modules[v],
            "size": lambda v: _torch().Size(v),
            "torch": lambda v: getattr(_torch(), v),
            "device": lambda v: _torch().device(v),
            "enum": lambda v: self.code.find(v[0])(self.value(v[1])),
            "tuple": lambda v: tuple(self.value(v)),
            "named": lambda v: self.code.find(v[0])(*self.value(v[1])),
            "set": lambda v: set(self.value(v)),
            "frozenset": lambda v: frozenset(self.value(v)),
            "dict": lambda v: {self.value(k): self.value(x) for k, x in v},
            "ordered": self._ordered,
            "range": lambda v: range(*v),
            "slice": lambda v: slice(*self.value(v)),
            "bytes": bytes.fromhex,
            "path": _path,
            "array": lambda v: self.tensor(v).numpy(),
            "scalar": lambda v: getattr(__import__("numpy"), v[0])(self.value(v[1])),
            "partial": self._partial,
            "method": lambda v: getattr(self.modules[v[0]], v[1]),
            "name": self.code.find,
            "object": self._object,
        }.get(tag)
        if make is None:
            raise StepError("type", "the model has a '$%s', which this zpl does not know" % tag)
        return make(said)

    def _ordered(self, said: Any) -> Any:
        from collections import OrderedDict

        return OrderedDict((self.value(k), self.value(v)) for k, v in said)

    def _partial(self, said: Any) -> Any:
        from functools import partial

        function, args, keywords = (self.value(v) for v in said)
        return partial(function, *args, **keywords)

    def _object(self, said: Any) -> Any:
        cls = self.code.find(said[0])
        out = cls.__new__(cls)
        for name, value in said[1].items():
            object.__setattr__(out, name, self.value(value))
        return out


def _torch() -> Any:
    import torch

    return torch


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text)
