"""A process that is kept: it has imported the packages that steps use, and forks a process of its own for each call.

Nothing of the project is imported here: what a call leaves in memory is gone with its process, one of which is forked
ahead and waits.  What a call leaves behind as processes is killed before its end is told.  See docs/python.md, "host".
"""
from __future__ import annotations

import os
import signal
import sys

from zpl._call import keep_here
from zpl._call import serve as serve_call
from zpl._frames import VERSION, Talk, too_old
from zpl._project import Project, compile_ahead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, NoReturn, Optional, Set, Tuple

_BEFORE = set(sys.modules)  # what a process of one call has loaded too

import ctypes  # noqa: E402
import gc  # noqa: E402
import json  # noqa: E402
import socket  # noqa: E402
import warnings  # noqa: E402

_PDEATHSIG, _SUBREAPER, _RESTRICT_SELF = 1, 36, 446  # of Linux, on every processor
_libc = ctypes.CDLL(None, use_errno=True)


# ---- what is imported ahead ----


def _own_names(modules: Optional[List[str]]) -> Set[str]:
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
    own = _own_names(first.get("modules"))
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

    for name in names:
        parent, _, last = name.rpartition(".")
        if parent in sys.modules and hasattr(sys.modules[parent], last):
            continue
        try:
            import_module(name)
        except BaseException:  # the call meets it at its place
            pass


def _import_ahead(first: Dict[str, Any]) -> None:
    import zpl._guard  # noqa: F401
    import zpl._installed
    import zpl._trace  # noqa: F401

    zpl._installed.versions([])  # reads what is installed, which calls look at again when it has changed
    _import(_wanted(first))
    _import_keepers(first, first)
    folder = os.path.realpath(first["project"])
    for path in first.get("modules") or []:
        if not os.path.isabs(path):
            compile_ahead(os.path.join(folder, path))


def _import_keepers(call: Dict[str, Any], first: Dict[str, Any]) -> bool:
    """What keeps the models of a call; False: it was there."""
    if not call.get("models"):
        return False
    from zpl._models import ahead

    names = [n for n in _there(ahead(call["models"]), first) if n not in sys.modules]
    _import(names)
    return any(n in sys.modules for n in names)


def _start_bare(fd: int) -> NoReturn:
    """From the start, with nothing imported ahead: threads of a package would be missing in what is forked."""
    os.environ["ZPL_TALK"] = str(fd)
    os.set_inheritable(fd, True)
    os.execv(sys.executable, [sys.executable, "-B", "-X", "utf8", sys.argv[0], "host", "bare"])


# ---- the process of a call ----


def _confine(fence: int) -> None:
    if _libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_long(fence), ctypes.c_long(0)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    os.close(fence)


def _make_new(frame: Dict[str, Any]) -> None:
    """What a process that was started for this call would not have from somebody else."""
    keep_here(frame["scratch"], os.environ["TMPDIR"])
    frame["host"] = os.environ.get("TMPDIR")  # where packages that were imported ahead may have a folder
    os.environ["TMPDIR"] = frame["scratch"]
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
    own = _own_names(frame.get("modules"))
    for name in [n for n in sys.modules if n.split(".")[0] in own and n not in _BEFORE]:
        del sys.modules[name]  # the project's own goes before it
    for name in ("numpy.random", "torch"):  # each process its own chance
        if name in sys.modules:
            sys.modules[name].seed()  # type: ignore[attr-defined]


def _be_call(parent: int, channel: socket.socket, first: Optional[Dict[str, Any]]) -> None:
    """Gets ready while there is no call for it, and then makes one."""
    os.setpgid(0, 0)
    _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        return
    ready = Project(first["project"], first["modules"]) if first is not None else None
    order, fds, _, _ = socket.recv_fds(channel, 1, 2, socket.MSG_CMSG_CLOEXEC)
    channel.close()
    if not order:
        return
    try:
        if len(fds) > 1:
            _confine(fds[1])
    except OSError as error:
        message = "its process can't be confined: %s" % error.strerror
        Talk(fds[0]).send({"error": {"kind": "confine", "message": message}})
        return
    serve_call(fds[0], _make_new, ready)


class _Spare:
    """A process that waits for its call."""

    def __init__(self, control: socket.socket, first: Optional[Dict[str, Any]] = None) -> None:
        ours, its = socket.socketpair()
        parent = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # threads that wait for work in libraries are no danger to a fork
            self.pid = os.fork()
        if self.pid == 0:
            try:
                control.close()
                ours.close()
                _be_call(parent, its, first)
            except BaseException:
                import traceback

                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(1)
        its.close()
        self.channel = ours

    def take(self, fds: List[int]) -> bool:
        """False: it is gone."""
        try:
            socket.send_fds(self.channel, [b"!"], fds)
        except OSError:
            return False
        finally:
            self.channel.close()
        return True


# ---- the host ----


def _children() -> List[int]:
    out: List[int] = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/%s/children" % task) as f:
                out.extend(int(pid) for pid in f.read().split())
        except OSError:
            continue
    return out


def _end_others(spare: Optional[_Spare]) -> None:
    """Ends every process that is left but the spare one, until there is none."""
    while True:
        others = [pid for pid in _children() if spare is None or pid != spare.pid]
        if not others:
            return
        for pid in others:
            os.kill(pid, signal.SIGKILL)
        for pid in others:
            os.waitpid(pid, 0)


def _next_call(control: socket.socket) -> Tuple[List[int], Dict[str, Any]]:
    """The descriptors of a call and what is said of it; none when there is no other."""
    head, fds, _, _ = socket.recv_fds(control, 4, 2, socket.MSG_CMSG_CLOEXEC)
    size, said = int.from_bytes(head, "little"), b""
    while len(said) < size:
        part = control.recv(size - len(said))
        if not part:
            return [], {}
        said += part
    return list(fds), json.loads(said) if said else {}


def _spare(control: socket.socket, first: Optional[Dict[str, Any]]) -> Optional[_Spare]:
    """None: there is no room for one now."""
    try:
        return _Spare(control, first)
    except OSError:
        return None


def _settle() -> None:
    """What is in memory now stays, so that it is looked through by none that is forked."""
    gc.collect()
    gc.freeze()


def serve(fd: int) -> None:
    """Serves calls until the other side closes."""
    if too_old():
        sys.exit(too_old())
    talk = Talk(fd)
    keep_here(os.environ["TMPDIR"])
    bare = sys.argv[2:] == ["bare"]
    first: Optional[Dict[str, Any]] = None
    _libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    if not bare:
        first = talk.receive()
        if first is None or first.get("v") != VERSION:
            sys.exit("zpl and its Python package are of different versions")
        _import_ahead(first)
        if "threading" in sys.modules and sys.modules["threading"].active_count() > 1:  # type: ignore[attr-defined]
            _start_bare(fd)
    _end_others(None)
    _settle()
    talk.send({"ended": 0})
    control = socket.socket(fileno=fd)
    spare = _spare(control, first)
    while True:
        fds, call = _next_call(control)
        if not fds:
            os._exit(0)
        if first is not None and not bare and _import_keepers(call, first):
            _end_others(None)
            _settle()
            spare = _spare(control, first)
        for stream in (1, 2):
            os.set_blocking(stream, True)  # whatever the last call made of it
        if spare is None or not spare.take(fds):
            spare = _Spare(control)
            spare.take(fds)
        for one in fds:
            os.close(one)
        pid, spare = spare.pid, _spare(control, first)
        status = os.waitpid(pid, 0)[1]
        _end_others(spare)
        body = json.dumps({"ended": status}).encode()
        control.sendall(len(body).to_bytes(4, "little") + body)
