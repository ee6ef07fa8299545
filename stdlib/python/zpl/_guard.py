"""What a call may read of its project: what the step's key knows.

The kernel refuses the rest (Landlock), to native code and to programs that are started too, in words that nobody
understands and where it can.  An audit hook sees what Python itself opens and lists before that, and says it better.  It
is no fence: code that wants to get past it can.
"""
from __future__ import annotations

import errno
import os
import re
import sys

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

    from zpl._project import Project

#: Who lists the folders that modules are looked for in.
_FINDERS = {"importlib", "_frozen_importlib_external", "importlib_metadata", "pkgutil", "pkg_resources", "zipimport", "zpl"}
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SUSPECTS = 3  # that are named


class Undeclared(PermissionError):
    """A file of the project that the step's key does not know.  The kernel would refuse it too."""


class Guard:
    """Refuses what is not known, and remembers what it refused."""

    def __init__(self, project: Project, known: Sequence[str], store: str) -> None:
        """`known`: files and folders, without links, as `store` is, of which the kernel alone says what may be read."""
        self.project = project
        self.places = tuple(dict.fromkeys([project.folder + os.sep, os.path.abspath(project.given) + os.sep]))
        self.known = {*known, store}
        self.below = tuple(p + os.sep for p in (*known, store))
        self.fine = set(self.known)  # paths that were looked at
        self.first: Optional[Tuple[str, str, int, str]] = None  # message, file, line, what it was: that fails the step
        self.refusal = Undeclared
        self.is_on = True

    def enter(self) -> None:
        """From now on, in this process and what it forks."""
        seen: Dict[str, Callable[[Tuple[Any, ...]], None]] = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._connect,
            "ctypes.dlopen": self._load,
            "subprocess.Popen": self._start,
        }

        def hook(event: str, args: Tuple[Any, ...]) -> None:
            found = seen.get(event)
            if found is not None and self.is_on:
                found(args)

        sys.addaudithook(hook)

    # ---- what is looked at ----

    def unknown(self, path: str) -> Optional[str]:
        """A path of the project's that is there and the key does not know, as the project has it; None: it is fine."""
        if path[:1] == "/" and not path.startswith(self.places) and "/." not in path:
            return None
        path = os.path.abspath(path)
        if path in self.fine or not (path + os.sep).startswith(self.places):
            return None
        real = os.path.realpath(path)
        if real in self.known or real.startswith(self.below) or not os.path.lexists(real) or self.is_installed(path, real):
            self.fine.add(path)
            return None
        place = next(p for p in self.places if (path + os.sep).startswith(p))
        return path[len(place) :] or "."

    def is_installed(self, path: str, real: str) -> bool:
        """Is it of an environment that lies in the project, or zpl's own?"""
        homes = [sys.prefix, sys.base_prefix, os.path.dirname(_OURS[:-1]), *self.project.sites]
        inside = [h + os.sep for h in homes if (h + os.sep).startswith(self.places) and h + os.sep not in self.places]
        return any(path.startswith(h) or real.startswith(h) for h in inside)

    def _open(self, args: Tuple[Any, ...]) -> None:
        path, flags = args[0], args[2]
        if isinstance(path, int) or (flags & os.O_ACCMODE) == os.O_WRONLY:
            return
        shown = self.unknown(os.fsdecode(path))
        if shown is not None and not os.path.isdir(path):
            self._refuse("opened", shown)

    def _list(self, args: Tuple[Any, ...]) -> None:
        path = args[0]
        if isinstance(path, int):
            path = os.readlink("/proc/self/fd/%d" % path)
        shown = self.unknown(os.fsdecode(path if path is not None else "."))
        if shown is not None and sys._getframe(2).f_globals.get("__name__", "").split(".")[0] not in _FINDERS:
            self._refuse("listed the folder", shown)

    def _connect(self, args: Tuple[Any, ...]) -> None:
        path = args[0]
        if isinstance(path, (str, bytes, os.PathLike)):
            text = os.fsdecode(path)
            text = text[5:].partition("?")[0] if text.startswith("file:") else text
            shown = self.unknown(text) if text and text != ":memory:" else None
            if shown is not None:
                self._refuse("opened", shown)

    def _load(self, args: Tuple[Any, ...]) -> None:
        if isinstance(args[0], (str, bytes)) and "/" in os.fsdecode(args[0]):
            shown = self.unknown(os.fsdecode(args[0]))
            if shown is not None:
                self._refuse("loaded", shown)

    def _start(self, args: Tuple[Any, ...]) -> None:
        """A program of the project's, and what its words name, where a word is the name of a file."""
        executable, words, folder = args[0], args[1], args[2]
        if isinstance(words, (str, bytes)):
            words = [words]
        for word in [executable, *(words or [])]:
            if not isinstance(word, (str, bytes, os.PathLike)) or (word is executable and "/" not in os.fsdecode(word)):
                continue
            path = os.path.join(os.fsdecode(folder or "."), os.fsdecode(word))
            shown = self.unknown(path) if "\0" not in path else None
            if shown is not None and os.path.isfile(path):
                self._refuse("started a program with", shown)

    # ---- what is refused ----

    def check(self) -> None:
        """Raises what it refused first, also where that was caught: without the file it would have made something else."""
        if self.first is not None:
            raise Undeclared(errno.EACCES, self.first[0])

    def _refuse(self, did: str, shown: str) -> None:
        message = "it %s %s, which the step's key does not know" % (did, shown)
        place, theirs = self._place(sys._getframe(3))
        hidden = any(part.startswith(".") and part != "." for part in shown.split(os.sep))
        if theirs and hidden:
            # What a library looks for by itself, as what git says of the project, it can do without.
            print("zpl: %s, at %s: refused" % (message, "%s:%d" % place if place else "its start"), file=sys.stderr)
        elif self.first is None:
            self.first = (message, place[0], place[1], shown) if place else (message, "", 0, shown)
        raise Undeclared(errno.EACCES, message, shown)

    def _place(self, frame: Optional[FrameType]) -> Tuple[Optional[Tuple[str, int]], bool]:
        """The last place in the project's files on the way to it; is it somebody else's code that does it there?"""
        theirs = False
        while frame is not None:
            path = frame.f_code.co_filename
            shown = self.project.relative(path)
            if shown is not None:
                return (shown, frame.f_lineno), theirs
            if not path.startswith(("<", _OURS)) and (not path.startswith(_LIBRARY) or "site-packages" in path):
                theirs = True
            frame = frame.f_back
        return None, theirs

    def advice(self, shown: str) -> str:
        """What to write in the step for a file or folder."""
        return 'if it is meant to be read, declare it in the step, `files = { "%s" }`, or give it by a Path param' % shown

    def suspects(self, error: BaseException) -> List[str]:
        """Files and folders that the places on the way to an error name, and the kernel did not let them read."""
        self.is_on = False
        denied = isinstance(error, PermissionError) or "ermission denied" in str(error) or "rrno 13" in str(error)
        values: List[Any] = re.split(r"[\s'\"`,;()\[\]]+|[.:]+(?:\s|$)", str(error)[:2000])
        tb = error.__traceback__
        while tb is not None:
            code = tb.tb_frame.f_code
            if self.project.relative(code.co_filename) is not None:
                values.extend(tb.tb_frame.f_locals.values())
                values.extend(code.co_consts)
            tb = tb.tb_next
        out: Dict[str, None] = {}
        for value in values[:1000]:
            text = os.fspath(value) if isinstance(value, os.PathLike) else value
            if not isinstance(text, str) or not 0 < len(text) < 1000 or "\n" in text or "\0" in text:
                continue
            shown = self.unknown(text) if text != "." else None
            if shown is not None and shown != "." and (denied or os.path.isfile(text)):
                out[shown] = None
        return list(out)[:_SUSPECTS]
