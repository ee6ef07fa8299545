"""What a process that is kept imports ahead: packages that steps use, and nothing of the project."""
from __future__ import annotations

import gc
import os
import sys

from zpl._call import REHEARSED
from zpl._project import Project, compile_ahead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Set


def own_names(modules: Optional[List[str]]) -> Set[str]:
    """The names at the top of the path that the project's files have, as the first of them sees it."""
    out = set()
    for path in modules or []:
        out.add(path.split(os.sep)[0])
        below = os.path.relpath(path, os.path.dirname((modules or [""])[0]))
        if not below.startswith(os.pardir):
            out.add(below.split(os.sep)[0])
    return {os.path.splitext(name)[0] for name in out}


def _imports(text: str) -> List[str]:
    """The names that a file imports whenever it is imported; of `from a import b` also a.b, which may be a module."""
    import ast

    out: List[str] = []
    todo: List[Any] = list(ast.parse(text).body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Import):
            out.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            out.append(node.module)
            out.extend("%s.%s" % (node.module, alias.name) for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Try):
            todo[:0] = node.body
    return out


def _is_installed(name: str, project: Project) -> bool:
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(name)
    if spec is None:
        return False
    places = [p for p in [spec.origin] if p] + list(spec.submodule_search_locations or [])
    return bool(places) and all(project.relative(p) is None for p in places)


def _there(names: List[str], first: Dict[str, Any]) -> List[str]:
    """Those that are no modules of the project and are there, each once."""
    project = Project(first["project"], None)
    own = own_names(first.get("modules"))
    tops = {n.split(".")[0] for n in names}
    there = {t for t in tops if t == "zpl" or (t not in own and _is_installed(t, project))}
    return [n for n in dict.fromkeys(names) if n.split(".")[0] in there]


def _wanted(first: Dict[str, Any]) -> List[str]:
    """Packages that the files of a step import, in their order, submodules by their names; what zpl's own function does."""
    modules = first.get("modules")
    out: List[str] = []
    for path in modules or []:
        try:
            with open(os.path.join(first["project"], path), "rb") as f:
                out.extend(_imports(f.read().decode("utf-8", "replace")))
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # the call says what is wrong with it
    out.extend(first.get("imports") or [])
    if first.get("tables"):
        out.append("zpl._tables")
        if not {"pandas", "polars", "pyarrow"} & {n.split(".")[0] for n in out}:
            out.append("pandas")
    return _there(out, first)


def _import(names: List[str]) -> None:
    from importlib import import_module

    gc.disable()  # nearly all that is made stays, and to look through it over and over is an eighth of the time
    for name in names:
        parent, _, last = name.rpartition(".")
        if parent in sys.modules and hasattr(sys.modules[parent], last):
            continue
        try:
            import_module(name)
        except BaseException:  # the call meets it at its place
            pass
    gc.enable()


def import_ahead(first: Dict[str, Any]) -> None:
    import zpl._guard  # noqa: F401
    import zpl._installed
    import zpl._trace  # noqa: F401

    zpl._installed.versions([])  # reads what is installed, which calls look at again when it has changed
    _import(_wanted(first))
    import_keepers(first, first)
    folder = os.path.realpath(first["project"])
    for path in first.get("modules") or []:
        if not os.path.isabs(path):
            compile_ahead(os.path.join(folder, path))
    compile_ahead(REHEARSED)


def import_keepers(call: Dict[str, Any], first: Dict[str, Any]) -> bool:
    """What keeps the models of a call; False: it was there."""
    if not call.get("models"):
        return False
    from zpl._models import ahead

    names = [n for n in _there(ahead(call["models"]), first) if n not in sys.modules]
    _import(names)
    return any(n in sys.modules for n in names)
