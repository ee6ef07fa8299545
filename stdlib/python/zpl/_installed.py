"""Which versions of what is installed here provide which modules, without importing any of it."""
from __future__ import annotations

import os
import re
import sys
from importlib.machinery import PathFinder
from typing import Dict, List, Optional, Sequence, Set, Tuple

UNKNOWN = "unversioned"  # what is there and says no version


def standard_names() -> Set[str]:
    """The names of Python's own modules."""
    names = set(sys.builtin_module_names)
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return names | set(known)
    # Python 3.9 has no list: what stands in the folders of its library.
    import sysconfig

    library = sysconfig.get_paths()["stdlib"]
    for folder in (library, os.path.join(library, "lib-dynload")):
        for entry in os.listdir(folder) if os.path.isdir(folder) else []:
            stem = entry.split(".")[0]
            is_package = os.path.isfile(os.path.join(folder, entry, "__init__.py"))
            if stem.isidentifier() and (is_package or entry.endswith((".py", ".so"))):
                names.add(stem)
    return names


def _is_site(path: str) -> bool:
    """Is it a folder of what is installed, not one whose code is edited where it stands?"""
    if os.path.basename(path) in ("site-packages", "dist-packages"):
        return True
    real = os.path.realpath(path)
    if real.startswith((os.path.realpath(sys.prefix) + os.sep, os.path.realpath(sys.base_prefix) + os.sep)):
        return True
    return any(entry.endswith(".dist-info") for entry in os.listdir(path))


def _mapped(finder: str) -> List[str]:
    """The folders of the packages that the finder of setuptools, which it writes for `pip install -e`, has by their paths."""
    import ast

    try:
        with open(finder, encoding="utf-8") as f:
            lines = [line for line in f if line.startswith("MAPPING")]
        paths = ast.literal_eval(lines[0].partition("=")[2].strip())
        return [os.path.dirname(path) for name, path in paths.items() if os.path.basename(path) == name]
    except (OSError, ValueError, SyntaxError, IndexError, AttributeError):
        return []  # another's, or another version's


def own_folders() -> List[str]:
    """The folders in which code is edited where it stands (pip install -e), as files of paths and finders of setuptools say."""
    out: Dict[str, None] = {}
    for site in site_folders():
        for entry in sorted(os.listdir(site)):
            if entry.startswith("__editable__") and entry.endswith("_finder.py"):
                out.update((path, None) for path in _mapped(os.path.join(site, entry)) if os.path.isdir(path))
            if not entry.endswith(".pth"):
                continue
            with open(os.path.join(site, entry), encoding="utf-8", errors="replace") as f:
                lines = [line.strip() for line in f]
            for line in lines:
                path = os.path.abspath(os.path.join(site, line))
                if line and not line.startswith(("#", "import ", "import\t")) and os.path.isdir(path) and not _is_site(path):
                    out[path] = None
    return list(out)


def site_folders() -> List[str]:
    """The folders on the path in which what is installed stands: all but the library's own."""
    import sysconfig

    library = os.path.realpath(sysconfig.get_paths()["stdlib"])
    own = {library, os.path.join(library, "lib-dynload"), os.path.realpath(os.path.dirname(os.path.dirname(__file__)))}
    folders = [p for p in sys.path if os.path.isabs(p) and os.path.isdir(p) and os.path.realpath(p) not in own]
    return [p for p in folders if _is_site(p)]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class _Folder:
    """The distributions in one folder."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.info: Dict[str, Tuple[str, str]] = {}  # canonical name: (folder of its facts, version)
        self._providers: Optional[Dict[str, List[str]]] = None
        for entry in sorted(os.listdir(path)):
            if entry.endswith((".dist-info", ".egg-info")) and "-" in entry:
                name, _, rest = entry.rsplit(".", 1)[0].partition("-")
                self.info[canonical(name)] = (os.path.join(path, entry), rest.split("-")[0] or UNKNOWN)

    def read(self, name: str, file: str) -> str:
        try:
            with open(os.path.join(self.info[name][0], file), encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def modules(self, name: str) -> Set[str]:
        """What a distribution puts at the top of the path."""
        top = self.read(name, "top_level.txt").split()
        if top:
            return {t.split("/")[0] for t in top}
        out = set()
        for line in self.read(name, "RECORD").splitlines():
            head = line.split(",")[0].split("/")[0]
            if not head.endswith((".dist-info", ".data")) and head != "..":
                out.add(head.split(".")[0])
        return out

    def providers(self, module: str) -> List[str]:
        """The distributions that have the module: the one of its name if it does, else all are asked."""
        name = canonical(module)
        if name in self.info and module in self.modules(name):
            return [name]
        if self._providers is None:
            self._providers = {}
            for one in self.info:
                for m in self.modules(one):
                    self._providers.setdefault(m, []).append(one)
        return self._providers.get(module, [])

    def requires(self, name: str) -> List[str]:
        """What it needs; what only an extra of it needs is left out."""
        out = []
        for line in (self.read(name, "METADATA") or self.read(name, "PKG-INFO")).splitlines():
            if not line:
                break  # what follows are words for people
            if line.startswith("Requires-Dist:") and "extra ==" not in line:
                match = re.match(r"[A-Za-z0-9._-]+", line[14:].strip())
                if match:
                    out.append(canonical(match.group()))
        return out


_folders: Dict[str, Tuple[float, _Folder]] = {}


def _folders_of() -> List[_Folder]:
    """Those of the path, read again when something was put into one."""
    out = []
    for path in site_folders():
        stamp = os.stat(path).st_mtime
        if path not in _folders or _folders[path][0] != stamp:
            _folders[path] = (stamp, _Folder(path))
        out.append(_folders[path][1])
    return out


def _home(found: str, folders: Sequence[_Folder]) -> Optional[_Folder]:
    for folder in folders:
        if os.path.dirname(found) == folder.path:
            return folder
    return None


def _find_homes(modules: Sequence[str], folders: Sequence[_Folder]) -> Tuple[Dict[str, str], List[str]]:
    """The same without what they need."""
    standard = standard_names() | {"zpl"}
    out: Dict[str, str] = {}
    missing = []
    for module in modules:
        if module in standard:
            continue
        spec = PathFinder.find_spec(module)
        if spec is None:
            missing.append(module)
            continue
        place = spec.origin or ""
        places = list(spec.submodule_search_locations or [place])
        found = {n: f.info[n][1] for p in places for f in [_home(p, folders)] if f is not None for n in f.providers(module)}
        out.update(found or {canonical(module): UNKNOWN})
    return out, missing


def homes(modules: Sequence[str]) -> Dict[str, str]:
    """Distributions (canonical name: version) behind the modules themselves."""
    return _find_homes(modules, _folders_of())[0]


def distributions(modules: Sequence[str]) -> Tuple[Dict[str, str], List[str]]:
    """Distributions (canonical name: version) behind the modules, with what they need; the modules that none has."""
    folders = _folders_of()
    out, missing = _find_homes(modules, folders)
    todo = [n for name in sorted(out) for f in folders if f.info.get(name, ("", ""))[1] == out[name] for n in f.requires(name)]
    while todo:
        name = todo.pop()
        for folder in folders:
            if name in folder.info and name not in out:
                out[name] = folder.info[name][1]
                todo.extend(folder.requires(name))
    return out, missing


def versions(names: Sequence[str]) -> Dict[str, Optional[str]]:
    """The versions of distributions as they are installed; None: it is not."""
    folders = _folders_of()
    out: Dict[str, Optional[str]] = {}
    for name in names:
        out[name] = next((f.info[canonical(name)][1] for f in folders if canonical(name) in f.info), None)
    return out
