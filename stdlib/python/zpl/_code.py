"""The code that a model is scored by: the files of the project that its classes are from, and what these import.

A model that is an object of such a class is worth nothing without its text, so what keeps the model keeps the identity of that
text with it (the very one that keys have): the model's bytes are others when the code is another, and who reads it has that code or
is refused.  Comments and layout count for nothing.
"""
from __future__ import annotations

import hashlib
import importlib
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from zpl import _project
from zpl._errors import StepError
from zpl._look import look

#: Modules of Python's own that a model's classes and functions may be from; of the others some reach outside.
_HARMLESS = ("math", "operator", "functools", "itertools", "collections", "types", "argparse", "pathlib")


def is_outside(module: str) -> bool:
    """Is what a module has nothing that a model may be made of?"""
    from zpl._installed import standard_names

    top = module.split(".")[0]
    return top in standard_names() and top not in _HARMLESS


# ---- which files there are ----


class _Closing:
    """What files lead to, as Python would find it: docs/python.md, and vm/python/python_closure.c of what a step leads to."""

    def __init__(self, folder: str, place: str) -> None:
        self.folder = folder
        self.places = [place, ""] if place else [""]
        self.files: Dict[str, str] = {}  # path: identity
        self.packages: Set[str] = set()  # modules at the top of the path that are none of the project's
        self.todo: List[str] = []

    def add(self, path: str) -> None:
        if path not in self.files:
            self.files[path] = ""
            self.todo.append(path)

    def is_file(self, path: str) -> bool:
        return os.path.isfile(os.path.join(self.folder, path))

    def part(self, folder: str, name: str) -> Tuple[Optional[str], Optional[str]]:
        """The file that one part of a dotted name is, and the folder for what is below it."""
        stem = os.path.join(folder, name)
        below = stem if os.path.isdir(os.path.join(self.folder, stem)) else None
        if below is not None and self.is_file(os.path.join(stem, "__init__.py")):
            return os.path.join(stem, "__init__.py"), below
        for ending in EXTENSION_SUFFIXES + [".py"]:
            if self.is_file(stem + ending):
                return stem + ending, None
        return None, below

    def find(self, folders: List[str], name: str) -> Tuple[bool, List[str]]:
        """Is there such a module, whose file is put on the list; and the folders of what is below it."""
        below = []
        for folder in folders:
            file, inside = self.part(folder, name)
            if file is not None:
                self.add(file)
                return True, [inside] if inside is not None else []
            if inside is not None:
                below.append(inside)
        return bool(below), below

    def take(self, file: str, level: int, module: str, names: Iterable[str]) -> None:
        folders = self.places
        if level > 0:
            above = os.path.dirname(file)
            for _ in range(1, level):
                above = os.path.dirname(above)
            folders = [above]
            if self.is_file(os.path.join(above, "__init__.py")):
                self.add(os.path.join(above, "__init__.py"))
        found = level > 0
        for part in module.split(".") if module else []:
            found, folders = self.find(folders, part)
            if not found:
                break
        if not found and level == 0:
            self.packages.add(module.split(".")[0])
            return
        for name in names:
            if name == "*":
                for folder in folders:
                    for entry in sorted(os.listdir(os.path.join(self.folder, folder))):
                        if not entry.startswith("__") and entry.split(".")[0]:
                            self.find(folders, entry.split(".")[0])
            else:
                self.find(folders, name)

    def close(self, held: Optional[Dict[str, str]] = None) -> None:
        """Looks at all of them; where they are `held` to identities, up to the first that has another."""
        while self.todo:
            path = self.todo.pop(0)
            if held is not None and path not in held:
                return
            with open(os.path.join(self.folder, path), "rb") as f:
                data = f.read()
            said: Dict[str, Any] = {}
            try:
                said = look(data.decode("utf-8").lstrip("\ufeff")) if path.endswith(".py") else {}
            except UnicodeDecodeError:
                pass
            self.files[path] = said.get("identity") or "bytes:" + hashlib.sha256(data).hexdigest()
            if held is not None and held[path] != self.files[path]:
                return
            for one in said.get("imports", ()):
                self.take(path, one["level"], one["module"], one["names"])


def _python() -> str:
    return "%d.%d" % sys.version_info[:2]


# ---- what is kept ----


class Code:
    """What is met while a model is taken apart: classes and functions by names that lead to them again."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.project = _project.current()
        self.modules: Dict[str, str] = {}  # name: file, of the project's
        self.packages: Set[str] = set()  # names at the top of the path

    def name(self, thing: Any, what: str) -> str:
        """ "module:Class" of a class or function, by which another process finds it.

        Raises StepError that says `what` it is, and why there is no such name.
        """
        module, qualified = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
        advice = "define it at the top of a file of the project"
        if "<lambda>" in qualified:
            raise StepError("type", "%s is a lambda, which has no name that another process could find: %s" % (what, advice))
        if module == "__main__" or module is None or "<locals>" in qualified:
            where = "inside of a function" if "<locals>" in qualified else "in a program that is run itself"
            raise StepError("type", "%s is %s, which is defined %s: %s" % (what, qualified, where, advice))
        if is_outside(module):
            raise StepError("type", "%s is %s.%s, which reaches outside of a model: %s" % (what, module, qualified, advice))
        found: Any = sys.modules.get(module)
        for part in qualified.split("."):
            found = getattr(found, part, None)
        if found is not thing:
            raise StepError(
                "type",
                "%s is not what %s has under the name '%s': it was made while it ran, or another one took its name"
                % (what, module, qualified),
            )
        self.note(module)
        return "%s:%s" % (module, qualified)

    def note(self, module: str) -> None:
        """Takes a module that has been imported for one that is needed."""
        file = self.project.relative(getattr(sys.modules[module], "__file__", None)) if self.project else None
        if file is None:
            self.packages.add(module.split(".")[0])
            return
        self.modules[module] = file
        for name in _parents(module):
            above = self.project.relative(getattr(sys.modules.get(name), "__file__", None))  # type: ignore[union-attr]
            if above is not None:
                self.modules[name] = above

    def said(self, framework: str) -> Dict[str, Any]:
        """What it came to, without the framework's own version:

        {"packages": {NAME: VERSION}}, and of the project's {"place", "python", "modules", "files": {PATH: IDENTITY}}.
        """
        from zpl._installed import distributions

        out: Dict[str, Any] = {}
        if self.modules and self.project is not None:
            closing = _Closing(self.project.folder, self.project.place)
            for file in sorted(self.modules.values()):
                closing.add(file)
            closing.close()
            self.packages |= closing.packages
            out = {
                "place": self.project.place,
                "python": _python(),
                "modules": {m: self.modules[m] for m in sorted(self.modules)},
                "files": {f: closing.files[f] for f in sorted(closing.files)},
            }
        found = distributions(sorted(self.packages - {framework}))[0]
        out["packages"] = {n: found[n].split("+")[0] for n in sorted(found)}
        return out


def _parents(module: str) -> List[str]:
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


# ---- what is read ----


class Known:
    """Finds what `Code` named, once the code is found to be the same."""

    def __init__(self, said: Dict[str, Any]) -> None:
        self.said = said
        self.modules: Dict[str, str] = said.get("modules", {})
        self._hold_packages()
        if self.modules:
            self.project = _project.current() or _project.Project(os.getcwd(), None)
            self._hold()
            self.project.allow(self.said["files"], self.said["place"])
            self._check_names()

    def _hold_packages(self) -> None:
        from zpl._installed import versions

        made: Dict[str, str] = self.said.get("packages", {})
        known = _known()
        for name, found in versions(sorted(made)).items():
            have = "" if found is None else found.split("+")[0]  # what is not there is told by who imports it
            if known is not None and name not in known and have:
                if have != made[name]:
                    raise _unknown(name, made[name], have, name)
                known[name] = str(found)
            elif have and have != made[name]:
                _warn(name, made[name], have)

    def _hold(self) -> None:
        """Raises StepError when the project's files are not those that the model was made with."""
        advice = (
            "make the model anew, or take the change back; what is to outlive its code is returned as TorchScript, ONNX or by a "
            "materialiser"
        )
        closing = _Closing(self.project.folder, self.said["place"])
        for file in self.said["files"]:
            if not closing.is_file(file):
                raise StepError("import", "%s, which the model's class needs, is not there: %s" % (file, advice))
            closing.add(file)
        closing.close(self.said["files"])
        for file, identity in closing.files.items():
            if self.said["files"].get(file) == identity:
                continue
            if self.said["python"] != _python():
                raise StepError(
                    "import",
                    "the model was made by Python %s, and this is %s: whether %s is still what it was made with can't be told; "
                    "read it by the same Python" % (self.said["python"], _python(), file),
                )
            raise StepError("import", "%s is not what the model was made with: %s" % (file, advice))

    def _check_names(self) -> None:
        place = self.said["place"]
        for file in self.said["files"]:
            below = place and file.startswith(place + os.sep)
            stem = os.path.splitext(os.path.relpath(file, place) if below else file)[0]
            self._check_name(stem.replace(os.sep, ".").replace(".__init__", ""), file)

    def _check_name(self, name: str, file: str) -> None:
        have = self.project.relative(getattr(sys.modules.get(name), "__file__", None))
        if have is not None and have != file:
            raise StepError(
                "import",
                "the model's class needs %s as '%s', and the step has imported %s by that name: give one of them another name"
                % (file, name, have),
            )

    def find(self, name: str) -> Any:
        """The class or function of a name.  Raises StepError, or whatever its module raises."""
        module, _, qualified = name.partition(":")
        if module not in self.modules and is_outside(module):
            raise StepError("import", "the model names %s.%s, which reaches outside of a model" % (module, qualified))
        found: Any = self.module(module)
        for part in qualified.split("."):
            found = getattr(found, part, None)
        if found is None:
            raise StepError("import", "the model needs %s of '%s', which has none here" % (qualified, module))
        return found

    def module(self, name: str) -> Any:
        file = self.modules.get(name)
        if file is None:
            return importlib.import_module(name)
        for module in list(sys.modules.values()):
            if self.project.relative(getattr(module, "__file__", None)) == file:
                return module
        self._check_name(name, file)
        found = self.project.load_as(name, file, self.said["place"])
        self._check_names()
        return found


# ---- versions ----


def _known() -> Optional[Dict[str, str]]:
    """The packages that the step's key knows, by distribution; None: it is held to none."""
    project = _project.current()
    return None if project is None else project.packages


def _unknown(package: str, made: str, have: str, module: str) -> StepError:
    return StepError(
        "changed",
        "the model was made with %s %s, and %s is here, which the step's key does not know of: make it anew, or write `import %s` in "
        "the step's file" % (package, made, have, module),
    )


def _warn(package: str, made: str, have: str) -> None:
    print("zpl: the model was made with %s %s, and %s may score it differently" % (package, made, have), file=sys.stderr)


def hold_version(package: str, made: str, have: str, module: str, parts: int = 9) -> None:
    """Says in the step's log when what scores a model is of another version than what made it, in its first `parts` numbers.

    Raises StepError where the step's key does not know which version is here, unless it is the same.
    """
    from zpl._installed import distributions

    known = _known()
    needed = distributions([module])[0] if known is not None else {}
    if known is not None and not set(needed) <= set(known):
        if made != have:
            raise _unknown(package, made, have, module)
        known.update(needed)
    elif made.split(".")[:parts] != have.split(".")[:parts]:
        _warn(package, made, have)


def warn_of_order(who: str, names: List[str]) -> None:
    """For the log, of a model that was trained on an array: nobody can know which column was which."""
    if len(names) > 1:
        print(
            "zpl: %s was trained without names of its features, so they are taken to be, in this order, %s: "
            "a model that is trained on a DataFrame says them itself" % (who, ", ".join(names)),
            file=sys.stderr,
        )
