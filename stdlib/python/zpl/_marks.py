"""What a program writes to say what its functions and classes are to zpl."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar, Union

_F = TypeVar("_F", bound=Callable[..., Any])
Save = Callable[[Any, Path], None]
Load = Callable[[Path], Any]

#: Class: how a value of it is saved to a path, and loaded from one.
registered: Dict[type, Tuple[Save, Load]] = {}


class File(type(Path())):  # type: ignore[misc]
    """The path of one file: as an annotation, an input that is a file or an output that becomes one."""


class Dir(type(Path())):  # type: ignore[misc]
    """The path of a folder: as an annotation, an input that is a folder or an output that becomes one."""


def step(signature: Union[str, _F, None] = None) -> Any:
    """Says the signature of a function, where its annotations don't: ``@zpl.step("(rows: Table {x: Int}) -> (n: Int)")``.

    The text is read when a program is checked, by its syntax: it has to stand here as it is.  The function stays what it
    is; the signature is its `__zpl_step__`.
    """

    def mark(function: _F) -> _F:
        function.__zpl_step__ = signature if isinstance(signature, str) else None  # type: ignore[attr-defined]
        return function

    return mark(signature) if callable(signature) else mark


def materialiser(cls: type, save: Optional[Save] = None, load: Optional[Load] = None) -> type:
    """Says how values of a class are kept, as a file or folder at a path that zpl gives.

        @zpl.materialiser
        class Vocabulary:
            def save(self, path): path.write_text("\\\\n".join(self.words))
            @classmethod
            def load(cls, path): return cls(path.read_text().split("\\\\n"))

    For a class of somebody else's the two stand beside it: ``zpl.materialiser(Other, save=…, load=…)``.  What `save`
    writes has to be the same bytes for the same value.  Returns the class; raises TypeError without the two.
    """
    save = save or getattr(cls, "save", None)
    load = load or getattr(cls, "load", None)
    if not callable(save) or not callable(load):
        raise TypeError("a materialiser has save(value, path) and load(path); %s lacks one" % cls.__qualname__)
    registered[cls] = (save, load)
    return cls


def materialiser_of(cls: Any) -> Optional[Tuple[Save, Load]]:
    """The one of the class or of the nearest class it comes from, else what pictures are kept by; None: there is none."""
    for base in getattr(cls, "__mro__", ()):
        if base in registered:
            return registered[base]
    from zpl import _pictures

    return _pictures.way_of(cls)
