"""One call of a step's function: its arguments in, the function, its outputs out."""
from __future__ import annotations

import atexit
import os
import sys

from zpl import _annotated, _context, _values
from zpl._errors import StepError, a_type, type_name
from zpl._frames import VERSION, Talk, python_version, too_old
from zpl._project import Project, place, scratch_place
from zpl._types import Type, parse

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional


OWN = "zpl"  # in place of a file: a function of zpl's own
SMALL = 64 << 10  # characters of JSON that go along in a message


class Call:
    """What the first message asks for."""

    def __init__(self, talk: Talk, frame: Dict[str, Any]) -> None:
        self.talk = talk
        self.frame = frame
        self.file: str = frame["file"]
        self.name: str = frame["function"]
        self.threads = int(frame.get("threads", 1))
        self.rank = int(frame.get("rank", 0))
        self.hints: Dict[str, Any] = {}
        self.values: Dict[str, Any] = {}  # outputs that go along in the last message
        self.line = 0  # of the function
        self.is_loaded = self.file == OWN

    # ---- what it is given ----

    def library(self, hint: Any) -> str:
        """Whose frame a parameter with this annotation wants; pandas', if it does not say."""
        module = hint.split(".")[0] if isinstance(hint, str) else (getattr(hint, "__module__", None) or "").split(".")[0]
        from zpl._tables import LIBRARIES

        return module if module in LIBRARIES else "pandas"

    def argument(self, name: str, given: Dict[str, Any]) -> Any:
        hint = self.hints.get(name)
        if "json" in given:
            return _annotated.as_annotated(_values.from_literal(given["json"]), hint)
        kind = parse(given["type"])
        if "table" in given:
            from zpl import _tables

            return _tables.read(given["table"], given["columns"], kind, self.library(hint), self.threads)
        if "value" in given:
            return _annotated.as_annotated(_values.from_json(given["value"], kind), hint)
        if _values.is_value(kind):
            import json

            with open(given["path"], encoding="utf-8") as f:
                return _annotated.as_annotated(_values.from_json(json.load(f), kind), hint)
        return self.stored(given["path"], kind, hint)

    def stored(self, path: str, kind: Type, hint: Any) -> Any:
        from pathlib import Path

        from zpl import _marks

        own = _marks.materialiser_of(hint)
        if own is not None:
            return own[1](Path(path))
        if kind.kind == "Model":
            from zpl import _models

            return _models.load(path, kind, hint, self.frame.get("allow_pickle", False))
        if kind.kind == "Tensor":
            from zpl import _tensors

            return _tensors.load(path, kind, hint)
        marks = {"File": _marks.File, "Dir": _marks.Dir}
        return marks[kind.kind](path) if hint is marks.get(kind.kind) else Path(path)

    # ---- what it gives ----

    def outputs(self, result: Any) -> List[Any]:
        """One value an output: the result itself, or of several a tuple in order, a dict or fields by name."""
        names = [o["name"] for o in self.frame["outputs"]]
        if len(names) == 1:
            if isinstance(result, tuple) and not hasattr(result, "_fields") and not self.takes_tuple():
                raise StepError("arity", "it returned %d values, and declares one output: '%s'" % (len(result), names[0]))
            return [result]
        shown = ", ".join("'%s'" % n for n in names)
        if isinstance(result, dict):
            by_name: Optional[Dict[Any, Any]] = result
        elif hasattr(result, "_fields"):
            by_name = result._asdict()
            if set(by_name or ()) != set(names):
                by_name = None  # in order
        else:
            by_name = _values.fields_of(result)
        if by_name is not None:
            if set(by_name) != set(names):
                has = ", ".join("'%s'" % n for n in by_name)
                raise StepError("arity", "it returned %s, and its outputs are %s" % (has or "nothing", shown))
            return [by_name[n] for n in names]
        if not isinstance(result, tuple):
            raise StepError("arity", "it returned %s, and declares %d outputs: %s" % (a_type(result), len(names), shown))
        if len(result) != len(names):
            raise StepError(
                "arity", "it returned %d values, and declares %d outputs: %s" % (len(result), len(names), shown)
            )
        return list(result)

    def takes_tuple(self) -> bool:
        kind = parse(self.frame["outputs"][0]["type"])
        return kind.kind in ("List", "Json")

    def deliver(self, value: Any, output: Dict[str, Any]) -> None:
        kind = parse(output["type"])
        path, who = output["path"], "output '%s'" % output["name"]
        if value is None and kind.kind in ("Table", "Model", "File", "Dir"):
            raise StepError("type", "%s is None, and %s is declared: does every way through it return?" % (who, kind.text))
        if kind.kind == "Table":
            from zpl import _tables

            _tables.write(value, kind, path, who)
        elif _values.is_value(kind):
            made = _values.to_json(value, kind, who)
            text = _values.dump(made)
            if len(text) <= SMALL:
                self.values[output["name"]] = made
                return
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        else:
            self.keep(value, kind, path, who)

    def keep(self, value: Any, kind: Type, path: str, who: str) -> None:
        """A file, folder or model."""
        from pathlib import Path

        from zpl import _marks

        own = _marks.materialiser_of(type(value)) if kind.kind != "Tensor" else None
        if own is not None:
            own[0](value, Path(path))
            if not os.path.lexists(path):
                raise StepError("type", "%s: the materialiser of %s wrote nothing" % (who, type_name(value)))
        elif kind.kind == "Model":
            from zpl import _models

            kind = kind.but(label_type=kind.label_type or self.label_type(kind))
            _models.save(value, kind, path, who, self.frame.get("allow_pickle", False))
        elif kind.kind == "Tensor":
            from zpl import _tensors

            _tensors.save(value, kind, path, who)
        elif isinstance(value, (str, os.PathLike)):
            self.take(os.fspath(value), kind, path, who)
        elif kind.kind == "File" and isinstance(value, bytes):
            with open(path, "wb") as f:
                f.write(value)
        elif isinstance(value, dict) and len(value) == 1:
            raise StepError(
                "type",
                "%s is a dict, and %s is declared: it is the one output, so return what is in the dict, %r, without it"
                % (who, kind.kind, next(iter(value))),
            )
        else:
            raise StepError(
                "type",
                "%s is %s, and %s is declared: return its path, or register how it is kept (zpl.materialiser)"
                % (who, a_type(value), kind.kind),
            )

    def label_type(self, kind: Type) -> Optional[Type]:
        """The type of a model's label, where it stands in no type of a model: that of the column in an input."""
        for given in self.frame["args"].values():
            found = parse(given["type"]).column(kind.label) if "table" in given and kind.label is not None else None
            if found is not None:
                return found
        return None

    def take(self, source: str, kind: Type, path: str, who: str) -> None:
        """What stands at a path of the step's becomes an output: what is in scratch is moved, else copied."""
        import shutil

        source = os.path.abspath(source)
        wanted = os.path.isdir if kind.kind == "Dir" else os.path.isfile
        if not wanted(source):
            what = "folder" if kind.kind == "Dir" else "file"
            raise StepError("type", "%s is %s, where there is no %s" % (who, source, what))
        if os.path.realpath(source) == os.path.realpath(path):
            return
        scratch = os.path.realpath(self.frame["scratch"])
        if os.path.realpath(source).startswith(scratch + os.sep) and not os.path.islink(source):
            shutil.move(source, path)
        elif kind.kind == "Dir":
            shutil.copytree(source, path)
        else:
            shutil.copyfile(source, path)

    # ---- the whole ----

    def check_packages(self) -> Dict[str, Any]:
        """The versions of what the step's key names.  Raises StepError when one is another than the key says."""
        wanted = self.frame.get("packages")
        version, own = self.frame.get("python"), python_version()
        if version and version != own:
            raise StepError("changed", "Python is %s here, and was %s when the step was planned" % (own, version))
        if not wanted:
            return {}
        from zpl._installed import UNKNOWN, versions

        found = versions(list(wanted))
        for name, have in found.items():
            if have != wanted[name] and not (have is None and wanted[name] == UNKNOWN):
                raise StepError(
                    "changed",
                    "%s is %s here, and was %s when the step was planned" % (name, have or "not installed", wanted[name]),
                )
        return found

    def function(self, module: Any) -> Callable[..., Any]:
        found = getattr(module, self.name, None)
        if not callable(found):
            raise StepError("import", "%s has no function '%s'" % (self.file, self.name))
        code = getattr(found, "__code__", None)
        if code is not None:
            self.line = code.co_firstlineno
        for name, hint in getattr(found, "__annotations__", {}).items():
            self.hints[name] = _resolve(hint, module)
        return found

    def run_own(self) -> None:
        """A standard step's: it reads what it is given and writes what it makes by itself."""
        from zpl import _export

        {"export": _export.export}[self.name](self.frame["args"], self.frame["outputs"])

    def run(self, function: Callable[..., Any]) -> None:
        arguments = {n: self.argument(n, given) for n, given in self.frame["args"].items()}
        owner = os.getpid()
        try:
            result = function(**arguments)
        except BaseException as error:
            if os.getpid() != owner:
                _end_of_fork(error)
            raise
        if os.getpid() != owner:  # a fork of the step's that came back as if it were the step
            os._exit(0)
        del arguments
        if self.rank > 0:  # the first of a gang speaks for all
            return
        for value, output in zip(self.outputs(result), self.frame["outputs"]):
            self.deliver(value, output)


def _resolve(hint: Any, module: Any) -> Any:
    """An annotation that is a text, as it is under `from __future__ import annotations`."""
    if isinstance(hint, str):
        try:
            return eval(hint, vars(module))  # noqa: S307 - the step's own text, in its own module
        except Exception:
            return hint
    if getattr(hint, "__metadata__", None) is not None:  # Annotated[X, …]
        return getattr(hint, "__origin__", hint)
    return hint


def _end_of_fork(error: BaseException) -> None:
    """Ends a process that the step forked as Python would end it, had it been one of its own."""
    if isinstance(error, SystemExit):
        os._exit(error.code if isinstance(error.code, int) else 0 if error.code is None else 1)
    import traceback

    traceback.print_exc()
    os._exit(1)


def keep_here(folder: str, before: Optional[str] = None) -> None:
    """Has libraries keep what they find out of the machine in a folder of the moment, in place of `before`; what the step's own
    variables say stays.  Elsewhere they can't write, and what a user's own ~/.keras holds is not of the step."""
    for name in ("KERAS_HOME", "MPLCONFIGDIR"):
        if os.environ.get(name) == before:
            os.environ[name] = folder


def serve(fd: int, prepare: Optional[Callable[[Dict[str, Any]], None]] = None, ready: Optional[Project] = None) -> None:
    """Answers the one call, and ends the process; what it is asked is given to `prepare` first.

    `ready` was made before the call was known, and serves where it is of the same project and files."""
    talk = Talk(fd)
    frame = talk.receive()
    if frame is None:
        return
    if frame.get("v") != VERSION:
        talk.send({"error": {"kind": "changed", "message": "zpl and its Python package are of different versions"}})
        return
    if too_old():
        talk.send({"error": {"kind": "changed", "message": too_old()}})
        return
    if prepare is not None:
        prepare(frame)
    else:
        keep_here(frame["scratch"])
    call = Call(talk, frame)
    os.chdir(frame["project"])
    project = ready
    if project is None or (project.given, project.asked) != (frame["project"], frame.get("modules")):
        project = Project(frame["project"], frame.get("modules"))
    project.begin(frame.get("packages"), frame["scratch"])
    _context.enter(_context.Context(talk, frame["scratch"], call.threads, call.rank, int(frame.get("workers", 1))))
    guard = _guard_of(project, frame)
    owner = os.getpid()
    try:
        packages = call.check_packages()
        project.enter(frame.get("code", "") if call.file == OWN else call.file)
        if guard is not None:
            guard.enter()
        if call.file == OWN:
            call.run_own()
        else:
            function = call.function(project.load(call.file))
            call.is_loaded = True
            call.run(function)
        imported = project.imported()
        if guard is not None:
            guard.check()
            guard.is_on = False  # what runs at exit makes no output
        end: Dict[str, Any] = {"done": True, "values": call.values, "imported": imported, "packages": packages}
    except BaseException as error:
        if os.getpid() != owner:
            raise
        from zpl._trace import tell

        end = {"error": tell(error, call.file, call.line, call.name, project.relative, guard)}
        end["error"]["loading"] = not call.is_loaded
    _end(talk, end)


REHEARSED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_rehearsed.py")


def rehearse(project: Project, store: str, scratch: str) -> None:
    """Goes through what every call does, with a function of ours, and leaves nothing: what a process has in common with the
    one that forked it is copied when it is first written to, if only to count who refers to it, and that takes longer than
    the rest of a small call."""
    import socket

    name = "zpl._rehearsed"
    ours, its = socket.socketpair()
    zpl, talk = Talk(ours.fileno()), Talk(its.fileno())
    zpl.send(
        {
            "v": VERSION,
            "file": REHEARSED,
            "function": "add",
            "project": project.given,
            "scratch": scratch,
            "store": store,
            "modules": project.asked,
            "packages": {},
            "reads": [],
            "args": {"a": {"json": 1}, "b": {"json": 2}},
            "outputs": [{"name": "sum", "type": "Int", "path": ""}],
        }
    )
    frame = talk.receive() or {}
    call = Call(talk, frame)
    project.begin(frame["packages"], scratch)
    _context.Context(talk, scratch, call.threads, call.rank)
    guard = _guard_of(project, frame)
    call.run(call.function(project.execute(name, REHEARSED)))
    del sys.modules[name]
    if guard is not None:
        guard.check()
    talk.send({"done": True, "values": call.values, "imported": project.imported(), "packages": {}})
    zpl.receive()


def _guard_of(project: Any, frame: Dict[str, Any]) -> Any:
    """What keeps it to the files that the step's key knows; None: it is held to none."""
    if frame.get("reads") is None or frame.get("modules") is None:
        return None
    from zpl._guard import Guard

    writes = [os.path.dirname(scratch_place(frame["scratch"]))]
    if frame.get("host"):
        writes.append(scratch_place(frame["host"]))
    modules = [os.path.join(project.folder, m) for m in frame["modules"]]
    stored = [a.get("table") or a.get("path") for a in frame["args"].values()]
    given = [os.path.realpath(p) for p in [*modules, *stored] if p]
    texts = [a.get("json") for a in frame["args"].values()]
    paths = [t["path"] for t in texts if isinstance(t, dict) and isinstance(t.get("path"), str)]  # a Path param's
    return Guard(project, frame["reads"], writes + given, place(frame["store"]), paths)


def _end(talk: Talk, end: Dict[str, Any]) -> None:
    """Says what it came to, last of all: what runs at exit has run, and may be what ends it."""
    threading: Any = sys.modules.get("threading")
    if threading is not None and (threading.active_count() > 1 or getattr(threading, "_threading_atexits", True)):
        threading._shutdown()  # as an interpreter ends: pools are told to, threads are waited for
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    talk.send(end)
    os._exit(0 if "done" in end else 1)
