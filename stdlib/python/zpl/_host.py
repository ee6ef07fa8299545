"""A process that is kept: it has imported the packages that steps use, and forks a process of its own for each call.

Nothing of the project is imported here: what a call leaves in memory is gone with its process, one of which is forked
ahead and waits.  What a call leaves behind as processes is killed before its end is told.  See docs/python.md, "host".
"""
from __future__ import annotations

from zpl._spare import Spare, prepared  # first: it looks at what is loaded by then

# isort: split
import gc
import json
import os
import signal
import socket
import sys

from zpl._ahead import import_ahead, import_keepers
from zpl._call import keep_here
from zpl._frames import VERSION, Talk, too_old
from zpl._linux import adopt_orphans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, NoReturn, Optional, Tuple


_SMALL = 5  # milliseconds that a small call may take


def _start_bare(fd: int) -> NoReturn:
    """From the start, with nothing imported ahead: threads of a package would be missing in what is forked."""
    os.environ["ZPL_TALK"] = str(fd)
    os.set_inheritable(fd, True)
    os.execv(sys.executable, [sys.executable, "-B", "-X", "utf8", sys.argv[0], "host", "bare"])


def _children() -> List[int]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    out: List[int] = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/%s/children" % task, "rb", buffering=0) as f:
                out.extend(map(int, f.read().split()))
        except OSError:
            continue
    return out


def _end_others(spare: Optional[Spare]) -> None:
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


def _spare(control: socket.socket, first: Optional[Dict[str, Any]]) -> Optional[Spare]:
    """None: there is no room for one now."""
    try:
        return Spare(control, first)
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
    adopt_orphans()
    if not bare:
        first = talk.receive()
        if first is None or first.get("v") != VERSION:
            sys.exit("zpl and its Python package are of different versions")
        import_ahead(first)
        if "threading" in sys.modules and sys.modules["threading"].active_count() > 1:  # type: ignore[attr-defined]
            _start_bare(fd)
        prepared(first)  # what it asks once, calls find answered
    _end_others(None)
    _settle()
    talk.send({"ended": 0})
    control = socket.socket(fileno=fd)
    spare = _spare(control, first)
    while True:
        fds, call = _next_call(control)
        if not fds:
            os._exit(0)
        if first is not None and import_keepers(call, first):
            _end_others(None)
            _settle()
            spare = _spare(control, first)
        for stream in (1, 2):
            os.set_blocking(stream, True)  # whatever the last call made of it
        if spare is None or not spare.take(fds):
            spare = Spare(control)
            spare.take(fds)
        for one in fds:
            os.close(one)
        taken, spare = spare, None
        if not taken.ends_within(_SMALL):  # the next process is forked beside a call that takes longer, and after a small one
            spare = _spare(control, first)
        status = os.waitpid(taken.pid, 0)[1]
        _end_others(spare)
        talk.send({"ended": status})
        if spare is None:
            spare = _spare(control, first)
