"""A process of one call that is forked before there is one, and waits for it."""
from __future__ import annotations

import os
import sys

from zpl._call import keep_here, rehearse, serve
from zpl._frames import Talk
from zpl._project import Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

_BEFORE = set(sys.modules)  # what a process that was started for its call has loaded too

import select  # noqa: E402
import socket  # noqa: E402
import warnings  # noqa: E402

from zpl._ahead import own_names  # noqa: E402
from zpl._linux import confine, end_with_parent  # noqa: E402


def prepared(first: Dict[str, Any]) -> Project:
    """The project of calls that are like the first, with a call rehearsed."""
    out = Project(first["project"], first["modules"])
    beside = os.path.dirname(os.environ["TMPDIR"])  # those of calls
    rehearse(out, first["store"], os.path.join(beside, "rehearsed", ".tmp"))
    return out


class _Ready:
    """What is made before a call is known, of what its process would not have from its host had it been started for the call."""

    def __init__(self, first: Optional[Dict[str, Any]]) -> None:
        self.modules: Optional[List[str]] = None
        self.project: Optional[Project] = None
        for name in ("numpy.random", "torch"):  # each process its own chance
            if name in sys.modules:
                sys.modules[name].seed()  # type: ignore[attr-defined]
        if first is not None:
            self.forget(first["modules"])
            self.project = prepared(first)

    def forget(self, modules: Optional[List[str]]) -> None:
        """Has the project's own go before what was imported ahead under its name."""
        self.modules = modules
        own = own_names(modules)
        for name in [n for n in sys.modules if n.partition(".")[0] in own and n not in _BEFORE] if own else []:
            del sys.modules[name]

    def serve(self, frame: Dict[str, Any]) -> None:
        """For this call."""
        keep_here(frame["scratch"], os.environ["TMPDIR"])
        frame["host"] = os.environ["TMPDIR"]  # where packages that were imported ahead may have a folder
        os.environ["TMPDIR"] = frame["scratch"]
        if "tempfile" in sys.modules:
            sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
        if frame.get("modules") != self.modules:
            self.forget(frame.get("modules"))


def _order(channel: socket.socket) -> List[int]:
    """The descriptors of the call: to talk by, and what confines it; none when there is no call."""
    return list(socket.recv_fds(channel, 1, 2, socket.MSG_CMSG_CLOEXEC)[1])


def _rehearse_order() -> None:
    """As `rehearse` does, of what comes before a call."""
    ours, its = socket.socketpair()
    with ours, its:
        socket.send_fds(ours, [b"!"], [ours.fileno()])
        (fd,) = _order(its)
    os.close(fd)
    try:
        confine(-1)
    except OSError:
        pass  # it is no ruleset


def _be_call(parent: int, channel: socket.socket, first: Optional[Dict[str, Any]]) -> None:
    """Gets ready while there is no call for it, and then makes one."""
    os.setpgid(0, 0)
    end_with_parent()
    if os.getppid() != parent:
        return
    ready = _Ready(first)
    _rehearse_order()
    fds = _order(channel)
    if not fds:
        return
    try:
        if len(fds) > 1:
            confine(fds[1])
    except OSError as error:
        message = "its process can't be confined: %s" % error.strerror
        Talk(fds[0]).send({"error": {"kind": "confine", "message": message}})
        return
    serve(fds[0], ready.serve, ready.project)


class Spare:
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
        return True

    def ends_within(self, milliseconds: int) -> bool:
        """Once it has taken a call: waits for its end, until which it keeps its own of the channel."""
        poll = select.poll()
        poll.register(self.channel, 0)
        with self.channel:
            return bool(poll.poll(milliseconds))
