"""The project's own modules: which may be imported, which were, and the step's file among them."""
from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

from zpl._errors import StepError

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple
    from types import CodeType, ModuleType


#: What stands between an import and who asks for it.
_IMPORTERS = {"importlib", "_frozen_importlib", "_frozen_importlib_external"}


_places: Dict[str, str] = {}


def place(path: str) -> str:
    """Where a folder really is that stays while this process does: asked once, by a host for all the calls that it forks."""
    if path not in _places:
        _places[path] = os.path.realpath(path)
    return _places[path]


def scratch_place(path: str) -> str:
    """Where the scratch folder of a call really is, which zpl makes in one of the step's, and that among those of its kin."""
    step, name = os.path.split(path)
    return os.path.join(place(os.path.dirname(step)), os.path.basename(step), name)


_compiled: Dict[str, Tuple[bytes, CodeType]] = {}  # of files by their paths: the text, and what it is


class _Loader(SourceFileLoader):
    """Compiles the text that stands there: a left-over .pyc of another text is never looked at."""

    def get_code(self, fullname: str) -> Optional[CodeType]:
        path = self.get_filename(fullname)
        data = self.get_data(path)
        text, code = _compiled.get(path, (None, None))
        return code if text == data else self.source_to_code(data, path)


def compile_ahead(path: str) -> None:
    """Compiles a file of the project once for all the calls that are forked from here."""
    try:
        loader = _Loader("", path)
        data = loader.get_data(path)
        _compiled[path] = (data, loader.source_to_code(data, path))
    except (OSError, SyntaxError, ValueError, RecursionError):
        pass  # the call says what is wrong with it


class Project:
    """Finds modules as Python does, and holds those of the project to what the step's key knows of."""

    def __init__(self, folder: str, modules: Optional[Sequence[str]]) -> None:
        self.given = folder
        self.asked = modules
        self.folder = os.path.realpath(folder)
        #: Where the call writes; modules that stand there it made itself, as TensorFlow does of functions.
        self.scratch: Optional[str] = None
        #: Files that may be imported, relative to the project; None: any.
        self.modules: Optional[Set[str]] = None if modules is None else {os.path.normpath(m) for m in modules}
        self.place = ""  # folder of the step's file, relative to the project
        #: Distributions that the step's key knows; None: all.
        self.packages: Optional[Dict[str, str]] = None
        self.stands_in = False  # for the project of a step, where none runs
        self.before = dict(sys.modules)  # none of them is the project's
        #: Where packages are installed; a folder of the project that a .pth names is none.
        self.sites = [p for p in (place(p) for p in sys.path if p) if self.is_site(p)]

    def begin(self, packages: Optional[Dict[str, str]], scratch: str) -> None:
        """What the one call has that is made in it."""
        self.packages = packages
        self.scratch = scratch_place(scratch) + os.sep

    def is_site(self, path: str) -> bool:
        inside = path.startswith(self.folder + os.sep)
        own = path.startswith((place(sys.prefix) + os.sep, place(sys.base_prefix) + os.sep))
        return not inside or own or os.path.basename(path) in ("site-packages", "dist-packages")

    def relative(self, path: Optional[str]) -> Optional[str]:
        """A file of the project's own by its path below it; None: it is somebody else's."""
        if not path or not os.path.isabs(path):  # "<frozen …>" stands for no file
            return None
        real = os.path.realpath(path)
        if not real.startswith(self.folder + os.sep):
            return None
        if self.is_in_site(real) or (self.scratch is not None and real.startswith(self.scratch)):
            return None
        return real[len(self.folder) + 1 :]

    def find_spec(self, fullname: str, path: Any = None, target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        spec = PathFinder.find_spec(fullname, path, target)
        shown = self.relative(spec.origin) if spec is not None and spec.has_location else None
        if spec is None or shown is None:
            if spec is not None and self.packages is not None and "." not in fullname and not self.is_below(spec):
                self.check_package(fullname)
            return spec
        if self.modules is not None and shown not in self.modules:
            raise StepError("import", self.refusal(fullname, shown))
        if isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, str(spec.origin))
            spec.cached = None
        return spec

    def refusal(self, name: str, shown: str) -> str:
        return (
            "it imports '%s' (%s) in a way that can't be seen in its text, so the step's key does not know of it: "
            "write `import %s` in the file, and keep it where the file's folder or the project has it" % (name, shown, name)
        )

    def is_below(self, spec: ModuleSpec) -> bool:
        """Is it a folder of the project that no file makes a package, a link there to a file elsewhere, or of a package that
        is edited where it stands, outside of the project?"""
        places = [spec.origin] if spec.origin is not None else list(spec.submodule_search_locations or [])
        outside = [m for m in self.modules or () if m[:1] == os.sep]
        return any(p == m or m.startswith(p + os.sep) for p in places for m in outside) or any(p.startswith(self.folder + os.sep) and not self.is_in_site(p) for p in places)

    def is_in_site(self, path: str) -> bool:
        """Is it of an environment that lies in the project?"""
        return any(path.startswith(s + os.sep) for s in self.sites if len(s) > len(self.folder))

    def check_package(self, name: str) -> None:
        """Raises StepError when the project's own files import a package that the key does not know of.  What a package
        imports in its turn is its own affair."""
        importer: Any = sys._getframe(2)
        while importer is not None and importer.f_globals.get("__name__", "").partition(".")[0] in _IMPORTERS:
            importer = importer.f_back
        if importer is None or self.relative(importer.f_code.co_filename) is None:
            return
        from zpl._installed import canonical, distributions

        known = self.packages or {}
        if canonical(name) not in known and not set(distributions([name])[0]) <= set(known):
            raise StepError(
                "import",
                "it imports the package '%s' in a way that can't be seen in its text, so the step's key does not know its "
                "version: write `import %s` in the file" % (name, name),
            )

    def enter(self, file: str) -> None:
        """Puts itself on the way of imports, for the step in `file`."""
        global _current
        _current = self
        self.place = os.path.dirname(os.path.normpath(file))
        sys.path[:0] = self._places(self.place)
        at = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(at, self)

    def places(self) -> List[str]:
        """The folders in which the step's own modules are looked for."""
        return self._places(self.place)

    def _places(self, place: str) -> List[str]:
        return [os.path.join(self.folder, place), self.folder] if place else [self.folder]

    def allow(self, files: Iterable[str], place: str) -> None:
        """Lets files be imported that the text of the step's does not name: a model's, found to be what it was made with.

        `place`: the folder in which its step had them.
        """
        if self.modules is not None:
            self.modules.update(files)
        sys.path.extend(p for p in self._places(place) if p not in sys.path)

    def load_as(self, name: str, file: str, place: str) -> ModuleType:
        """Imports a file by the name that it has for steps in the folder `place`."""
        before = list(sys.path)
        sys.path[:0] = self._places(place)
        try:
            if "." not in name:
                return self.execute(name, os.path.join(self.folder, file))
            found = importlib.import_module(name)
        finally:
            sys.path[:] = before
        have = self.relative(getattr(found, "__file__", None))
        if have != file:
            raise StepError("import", "'%s' is %s here, and %s is needed: give one another name" % (name, have, file))
        return found

    def load(self, file: str) -> ModuleType:
        """Imports the step's file: as a member of its package if it is in one, else by its own name."""
        path = os.path.join(self.folder, file)
        if not os.path.isfile(path):
            raise StepError("import", "there is no file %s" % file)
        name = _module_name(self.folder, file)
        if "." in name:
            return importlib.import_module(name)
        return self.execute(name, path)

    def execute(self, name: str, path: str) -> ModuleType:
        """Imports the file at a path by this name."""
        spec = importlib.util.spec_from_file_location(name, path, loader=_Loader(name, path))
        if spec is None or spec.loader is None:
            raise StepError("import", "%s is no file of Python" % os.path.relpath(path, self.folder))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    def imported(self) -> List[str]:
        """The project's files that were imported, sorted.  Raises StepError when one of them came in by another way than ours
        that the key does not know of."""
        out = set()
        for name, module in list(sys.modules.items()):
            if self.before.get(name) is module:
                continue
            shown = self.relative(getattr(module, "__file__", None))
            if shown is not None:
                out.add(shown)
        for shown in sorted(out if self.modules is not None else ()):
            if shown not in self.modules:  # type: ignore[operator]
                raise StepError("import", self.refusal(shown[:-3].replace(os.sep, "."), shown))
        return sorted(out)


_current: Optional[Project] = None


def current() -> Optional[Project]:
    """That of the step that runs, or the one that stands in; None: there is neither."""
    return _current


def stand_in(folder: str) -> None:
    """Outside of a step, whose project is told here, any of its files may be imported."""
    global _current
    if _current is None or _current.stands_in:
        _current = Project(folder, None)
        _current.stands_in = True


def _module_name(folder: str, file: str) -> str:
    stem = os.path.splitext(os.path.basename(file))[0]
    parts = [stem]
    place = os.path.dirname(file)
    while place and os.path.isfile(os.path.join(folder, place, "__init__.py")):
        parts.insert(0, os.path.basename(place))
        place = os.path.dirname(place)
    if len(parts) > 1 and not place:
        return ".".join(parts)
    # A step's file may be called as a module of Python's is.
    return "zpl_step_" + stem if stem in sys.modules or not stem.isidentifier() else stem
