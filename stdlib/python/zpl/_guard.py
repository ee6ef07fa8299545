"""What a call may read of its project: what the step's key knows.

The kernel refuses the rest (Landlock), to native code and to programs that are started too, in words that nobody
understands and where it can.  An audit hook sees what Python itself opens and lists before that, and says it better; what asks
whether a file is there, how large and how old it is, which the kernel tells everybody, is asked in place of os.stat and its
like.  It is no fence: code that wants to get past it can.
"""
from __future__ import annotations

import errno
import functools
import os
import re
import stat
import sys

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

    from zpl._project import Project

#: Who lists the folders that modules are looked for in.
_FINDERS = {"importlib", "_frozen_importlib_external", "importlib_metadata", "pkgutil", "pkg_resources", "zipimport", "zpl"}
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SUSPECTS = 3  # that are named
_LONG = 1000  # characters of a text that may be a path
#: What tells of a file by its path, and no audit event tells of.
_LOOKS = ("stat", "lstat", "access", "readlink")
#: Modules of Python through which one asks that.
_ASKED_BY = {"posixpath", "genericpath", "pathlib", "glob"}
#: Functions that only ask where links lead.
_FOLLOW_LINKS = {"realpath", "_joinrealpath", "_resolve"}
#: What of a declared folder the key leaves out, by the path behind it.
_LEFT_OUT = re.compile(r"/(?:\.|__pycache__(?:/|$))").search
#: What parts the words of a text for a shell.
_SHELL = re.compile(r"[\s'\"`;|&<>(){}=:,$]+")
_stat, _lstat = os.stat, os.lstat  # the system's own


class Undeclared(PermissionError):
    """A file of the project that the step's key does not know.  The kernel would refuse it too."""


class UndeclaredLook(Exception):
    """A question about such a file.  No OSError: that would be an answer, as os.path.exists() takes it, and the step would go on."""


class _Watched:
    """A function of os with somebody before it.  No function itself: pathlib of old has such in a class, as no methods."""

    def __init__(self, own: Callable[..., Any], guard: Guard) -> None:
        functools.update_wrapper(self, own)
        self.own, self.guard = own, guard

    def __call__(self, *args: Any, **more: Any) -> Any:
        path = args[0] if args else more.get("path")
        if self.guard.is_on and isinstance(path, (str, bytes, os.PathLike)) and more.get("dir_fd") is None:
            self.guard.look(os.fsdecode(path))
        return self.own(*args, **more)


class Guard:
    """Refuses what is not known, and remembers what it refused."""

    def __init__(
        self, project: Project, declared: Sequence[str], known: Sequence[str], store: str, given: Sequence[str] = ()
    ) -> None:
        """`declared`: files and folders that the key counts, `known`: others that may be read as they are, all without links;
        `store`: the same, of which the step is given nothing but what is known; `given`: its Path params, as they are written."""
        self.project = project
        self.store = store
        self.given = {os.path.abspath(os.path.join(project.folder, p)) for p in given}
        self.places = tuple(dict.fromkeys([project.folder + os.sep, os.path.abspath(project.given) + os.sep]))
        self.known = {*declared, *known}
        self.below = tuple(p + os.sep for p in known)
        self.folders = tuple(p + os.sep for p in declared)
        self.above = self._folders_of([*declared, *known])
        self.fine = set(self.known)  # paths that were looked at
        self.first: Optional[Tuple[str, str, int, str]] = None  # message, file, line, what it was: that fails the step
        self.missed: Optional[Tuple[str, str, int, str]] = None  # the same, of what is not there: fails one that ends well
        self.told: Set[str] = set()  # what the log has of them
        self.refusal = Undeclared
        self.is_on = True
        self.watched = {name: _Watched(getattr(os, name), self) for name in _LOOKS}

    def enter(self) -> None:
        """From now on, in this process and what it forks."""
        seen: Dict[str, Callable[[Tuple[Any, ...]], None]] = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._connect,
            "ctypes.dlopen": self._load,
            "subprocess.Popen": self._start,
            "os.system": self._system,
            "os.exec": self._start,
            "os.posix_spawn": self._start,
        }

        def hook(event: str, args: Tuple[Any, ...]) -> None:
            found = seen.get(event)
            if found is not None and self.is_on:
                found(args)

        sys.addaudithook(hook)
        for name, watched in self.watched.items():
            self._watch(name, watched)

    def _watch(self, name: str, watched: _Watched) -> None:
        """Puts itself before a function of os."""
        own = watched.own
        setattr(os, name, watched)
        for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if own in able:
                able.add(watched)
        accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)  # of Python 3.9 and 3.10
        if getattr(accessor, name, None) is own:
            setattr(accessor, name, watched)

    # ---- what is looked at ----

    def unknown(self, path: str) -> Optional[str]:
        """A path of the project's that is there and the key does not know, as the project has it; None: it is fine."""
        shown, there = self.unknown_of_any(path)
        return shown if there else None

    def unknown_of_any(self, path: str) -> Tuple[Optional[str], bool]:
        """The same of a path where there may be nothing; is there something?"""
        if path[:1] == "/" and not path.startswith(self.places) and "/." not in path:
            return None, False
        path = os.path.abspath(path)
        if path in self.fine or not (path + os.sep).startswith(self.places):
            return None, False
        real = os.path.realpath(path)
        if real in self.known or real.startswith(self.below) or self._counts(real) or self.is_installed(path, real):
            self.fine.add(path)
            return None, False
        place = next(p for p in self.places if (path + os.sep).startswith(p))
        return path[len(place) :] or ".", _mode(_lstat, real) != 0

    def _counts(self, real: str) -> bool:
        """Is it below a declared folder, and nothing there that the key leaves out?"""
        return any(real.startswith(p) and not _LEFT_OUT(real[len(p) - 1 :]) for p in self.folders)

    def _is_left_out(self, path: str) -> bool:
        """Is it what the key leaves out of a declared folder?  Of that the names may be seen, as by who walks through all."""
        real = os.path.realpath(path)
        return real.startswith(self.folders) and not self._counts(real)

    def _folders_of(self, known: Sequence[str]) -> Set[str]:
        """The project and its folders that something known is in: that they are there is known too."""
        out = {p[:-1] for p in self.places}
        for path in known:
            above = os.path.dirname(path)
            while above.startswith(self.places) and above not in out:
                out.add(above)
                above = os.path.dirname(above)
        return out

    def is_installed(self, path: str, real: str) -> bool:
        """Is it of an environment that lies in the project, or zpl's own?"""
        homes = [sys.prefix, sys.base_prefix, os.path.dirname(_OURS[:-1]), *self.project.sites]
        inside = [h + os.sep for h in homes if (h + os.sep).startswith(self.places) and h + os.sep not in self.places]
        return any(path.startswith(h) or real.startswith(h) for h in inside)

    def _open(self, args: Tuple[Any, ...]) -> None:
        path, flags = args[0], args[2]
        if isinstance(path, int) or (flags & os.O_ACCMODE) == os.O_WRONLY:
            return
        shown, there = self.unknown_of_any(os.fsdecode(path))
        if shown is not None and not there:
            self._miss(shown)
        elif shown is not None and not stat.S_ISDIR(_mode(_stat, path)):
            self._refuse("opened", shown)

    def look(self, path: str) -> None:
        if path in self.fine or (path[:1] == "/" and not path.startswith(self.places) and "/." not in path):
            return  # most are such
        caller: Any = sys._getframe(2)
        caller = caller.f_back if caller.f_code.co_name == "islink" else caller
        if caller is not None and caller.f_code.co_name in _FOLLOW_LINKS:
            return
        shown, there = self.unknown_of_any(path)
        if shown is None or os.path.abspath(path) in self.above or self._is_for_imports():
            return
        if there and self._is_left_out(path) and stat.S_ISDIR(_mode(_stat, path)):
            return
        if there:
            self._refuse("looked at", shown, is_look=True)
        else:
            self._miss(shown)

    def _is_for_imports(self) -> bool:
        """Does what looks for modules and packages ask?"""
        frame: Optional[FrameType] = sys._getframe(3)
        while frame is not None and self.project.relative(frame.f_code.co_filename) is None:
            if _module(frame) in _FINDERS or "importlib" in frame.f_code.co_filename:
                return True
            frame = frame.f_back
        return False

    def _list(self, args: Tuple[Any, ...]) -> None:
        path = args[0]
        if isinstance(path, int):
            path = os.readlink("/proc/self/fd/%d" % path)
        path = os.fsdecode(path if path is not None else ".")
        shown = self.unknown(path)
        if shown is not None and not self._is_left_out(path) and _module(sys._getframe(2)) not in _FINDERS:
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
        """A program of the project's, and what its words name, where a word is the name of a file or has one in it."""
        executable, words, folder = args[0], args[1], args[2]
        if isinstance(words, (str, bytes, os.PathLike)):
            words = [words]
        if not isinstance(folder, (str, bytes, os.PathLike)):  # of exec it is the environment
            folder = "."
        if isinstance(executable, (str, bytes, os.PathLike)) and "/" in os.fsdecode(executable):
            self._start_with(os.fsdecode(executable), os.fsdecode(folder))
        for word in words or []:
            if isinstance(word, (str, bytes, os.PathLike)):
                self._start_with(os.fsdecode(word), os.fsdecode(folder))

    def _system(self, args: Tuple[Any, ...]) -> None:
        self._start_with(os.fsdecode(args[0]), ".")

    def _start_with(self, word: str, folder: str) -> None:
        for part in dict.fromkeys([word, *_SHELL.split(word)]):
            path = os.path.join(folder, part)
            shown = self.unknown(path) if 0 < len(part) < _LONG and "\0" not in part else None
            if shown is not None and stat.S_ISREG(_mode(_stat, path)):
                self._refuse("started a program with", shown)

    # ---- what is refused ----

    def check(self) -> None:
        """Raises what it refused first, also where that was caught: without the file it would have made something else.  And
        what the project's own code looked for, did not find and did without."""
        self.first = self.first or self.missed
        if self.first is not None:
            raise Undeclared(errno.EACCES, self.first[0], self.first[3])

    def _miss(self, shown: str) -> None:
        """Of what libraries look for, as their own settings, nothing is said."""
        frame: Optional[FrameType] = sys._getframe(3)
        while frame is not None and _module(frame) in _ASKED_BY:
            frame = frame.f_back
        own = self.project.relative(frame.f_code.co_filename) if frame is not None else None
        if own is not None and frame is not None and self.missed is None:
            of_key = "" if self._is_given(shown) else ", and the step's key would not know if it were"
            message = "it looked for %s, which is not there%s" % (shown, of_key)
            self.missed = (message, own, frame.f_lineno, shown)

    def _is_given(self, shown: str) -> bool:
        """Is it what a Path param says, or below that?"""
        path = os.path.join(self.project.folder, shown)
        return any(path == p or path.startswith(p + os.sep) for p in self.given)

    def _refuse(self, did: str, shown: str, is_look: bool = False) -> None:
        message = "it %s %s, which the step's key does not know" % (did, shown)
        place, theirs = self._place(sys._getframe(3))
        hidden = any(part.startswith(".") and part != "." for part in shown.split(os.sep))
        if theirs and hidden:
            # What a library looks for by itself, as what git says of the project, it can do without.
            words = "zpl: %s, at %s: refused" % (message, "%s:%d" % place if place else "its start")
            if words not in self.told:
                print(words, file=sys.stderr)
            self.told.add(words)
        elif self.first is None:
            self.first = (message, place[0], place[1], shown) if place else (message, "", 0, shown)
        if is_look and not (theirs and hidden):
            raise UndeclaredLook(message)
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
        path = os.path.join(self.project.folder, shown)
        is_inside = self.store.startswith(self.project.folder + os.sep)  # it may be around the project
        if is_inside and (path + os.sep).startswith(self.store + os.sep):
            return "the store is zpl's own: what another step made comes as an input of the step, or by `artifact.read`"
        if self._is_left_out(path):
            return (
                "hidden files of a folder and those in __pycache__ do not count: declare what is meant to be read by its own name, "
                '`files = { "%s" }`, or call it otherwise' % shown
            )
        if self._is_given(shown):
            return "a Path param gives that path: give one that is there, or None where it may be left out"
        if _mode(_lstat, path) == 0:
            return (
                "give it by a Path param, which may have None for its default, or declare the folder that it would be in, "
                '`files = { "%s" }`: then it counts whether it is there' % (os.path.dirname(shown) or ".")
            )
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
            if not isinstance(text, str) or not 0 < len(text) < _LONG or "\n" in text or "\0" in text:
                continue
            shown = self.unknown(text) if text != "." else None
            if shown is not None and shown != "." and (denied or os.path.isfile(text)):
                out[shown] = None
        return list(out)[:_SUSPECTS]


def _mode(of: Callable[..., os.stat_result], path: Any) -> int:
    """0: there is nothing."""
    try:
        return of(path).st_mode
    except (OSError, ValueError):
        return 0


def _module(frame: FrameType) -> str:
    """The first part of its name."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
