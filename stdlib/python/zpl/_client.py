"""Pipelines from outside of them: run one, read what was made.  For notebooks and scripts; zpl itself does the work.

The program is `zpl` on PATH, or what the variable ZPL names.
"""
from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from zpl import _context
from zpl._errors import StepError
from zpl._types import parse

_Pathlike = Union[str, "os.PathLike[str]"]


class Error(Exception):
    """What zpl told: its messages, a line each.  `diagnostics`: as `--json` prints them (docs/json.md)."""

    def __init__(self, diagnostics: List[Dict[str, Any]], otherwise: str = "") -> None:
        self.diagnostics = diagnostics
        lines = [_line(d) for d in diagnostics if d.get("severity") == "error"] or [otherwise]
        super().__init__("\n".join(lines))


class RunFailed(Error):
    """A run whose steps did not all succeed.  `run`: what there is of it."""

    def __init__(self, run: Run, diagnostics: List[Dict[str, Any]]) -> None:
        self.run = run
        failed = ["step %s failed: %s" % (s["name"], s["error"]) for s in run.steps if s["status"] == "failed"]
        super().__init__(diagnostics, "\n".join(failed) or "the run is %s" % run.status)


class Run:
    """One run.  `number`, `status` ("done" …), `steps`: a dict each, as docs/json.md has them."""

    def __init__(self, said: Dict[str, Any], project: Optional[_Pathlike]) -> None:
        self.number: int = said["run"]
        self.status: str = said["status"]
        self.pipeline: str = said["pipeline"]
        self.steps: List[Dict[str, Any]] = said["steps"]
        self._project = project

    def __getitem__(self, name: str) -> Any:
        """What a step made, as load() gives it: run["evaluate/report"], run["train"] of a step with one output."""
        return load("%d/%s" % (self.number, name), project=self._project)

    def __repr__(self) -> str:
        ran = sum(s["status"] == "ran" for s in self.steps)
        return "<zpl run %d of %s: %s, %d of %d steps ran>" % (
            self.number,
            self.pipeline,
            self.status,
            ran,
            len(self.steps),
        )


def run(file: _Pathlike, *, project: Optional[_Pathlike] = None, stack: Optional[str] = None, **params: Any) -> Run:
    """Runs a pipeline, as `zpl run FILE --PARAM VALUE` does, to its end.

    `project`: the folder it is started in (default: the working directory); `params`: by name; a list has its items
    one behind another.  Raises Error when the program has mistakes, RunFailed when a step fails.

        report = zpl.run("delays.zpl", minutes=30)["evaluate/report"]
    """
    words = ["run", os.fspath(file)] + (["--stack", stack] if stack else [])
    for name, value in params.items():
        if value is not None:  # an Optional that is not given
            words += ["--" + name, _text(value)]
    code, said = _ask(words, project)
    if "run" not in said:
        raise Error(said.get("diagnostics", []), "zpl run ended with %d" % code)
    made = Run(said, project)
    if made.status != "done":
        raise RunFailed(made, said.get("diagnostics", []))
    return made


def load(
    what: str, *, project: Optional[_Pathlike] = None, library: str = "pandas", allow_pickle: bool = False
) -> Any:
    """What a step made, as a step in Python is given it: a DataFrame, a number, a dict, an array, a model.

    `what`: "RUN/STEP/OUTPUT" ("last/evaluate/report"), "RUN/STEP" of a step with one output, or a name that runs
    write; of a step inside an `each` one item ("last/score[2]/report"), or the list of all that made it ("last/score[*]/report"); `library`: of a table, "pandas", "polars" or "pyarrow"; `allow_pickle`: a model that is pickled may run what
    it likes.  A File or Dir is the path of a copy in a temporary folder, which is the caller's.  Raises Error when there
    is nothing of that name.
    """
    if library not in ("pandas", "polars", "pyarrow"):
        raise ValueError("library is 'pandas', 'polars' or 'pyarrow', not %r" % library)
    if "[*]" in what:
        return [load(w, project=project, library=library, allow_pickle=allow_pickle) for w in _each(what, project)]
    output = _output(what, project)
    kind = parse(output["type"])
    folder = tempfile.mkdtemp(prefix="zpl-")
    try:
        from zpl import _values

        if kind.kind == "Table":
            from zpl import _tables

            path = _export(what, folder, "table.parquet", project)
            return _tables.read(path, None, kind, library, os.cpu_count() or 1)
        if _values.is_value(kind):
            with open(_export(what, folder, "value.json", project), encoding="utf-8") as f:
                return _values.from_json(json.load(f), kind)
        if kind.kind == "Tensor":
            from zpl import _tensors

            return _tensors.load(_export(what, folder, "value.npy", project), kind, None)
        if kind.kind == "Model":
            from zpl import _models, _project

            _project.stand_in(_root(project))
            return _models.load(_export(what, folder, "model" + _models.ending(kind), project), kind, None, allow_pickle)
        kept = tempfile.mkdtemp(prefix="zpl-")
        return Path(_export(what, kept, "made", project))
    except StepError as error:  # in the words for a step that is given it
        text = str(error).replace("a step that is given it says `allow_pickle = true`", "zpl.load(…, allow_pickle=True) loads it")
        raise Error([], "%s: %s" % (what, text)) from error
    finally:
        _remove(folder)


def artifacts(run: Union[int, str] = "last", *, project: Optional[_Pathlike] = None) -> Dict[str, str]:
    """What a run made: the type of each output, as text, by what load() takes ("3/train/model"; "3/score[2]/report").

    Raises Error when there is no such run.
    """
    code, said = _ask(["show", str(run)], project)
    if "steps" not in said:
        raise Error(said.get("diagnostics", []), "zpl show ended with %d" % code)
    steps: List[Dict[str, Any]] = []
    for step in said["steps"]:
        steps += _items("%d/%s" % (said["run"], step["name"]), project) if step.get("items") else [step]
    return {
        "%d/%s/%s" % (said["run"], step["name"], name): output["type"]
        for step in steps
        for name, output in step["outputs"].items()
        if "digest" in output
    }


def _line(diagnostic: Dict[str, Any]) -> str:
    place = ""
    if diagnostic.get("file"):
        place = "%s:%s:%s: " % (diagnostic["file"], diagnostic["line"], diagnostic["col"])
    help_ = " (%s)" % diagnostic["help"] if diagnostic.get("help") else ""
    return "%s%s: %s%s" % (place, diagnostic["code"], diagnostic["message"], help_)


def _text(value: Any) -> str:
    """A param as the command line takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(v) for v in value)
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _ask(words: List[str], project: Optional[_Pathlike]) -> "tuple[int, Dict[str, Any]]":
    """Runs zpl with --json; its exit code and what it printed."""
    if _context.is_step():
        message = "a step can't run zpl or load what others made: declare it as an input of the step, which zpl gives it"
        raise Error([], message)
    program = os.environ.get("ZPL", "zpl")
    try:
        done = subprocess.run(
            [program, *words, "--json"],
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if words[0] == "run" else subprocess.PIPE,  # the same once more; of a run, warnings too
            check=False,
        )
    except FileNotFoundError:
        raise Error([], "there is no program %s: put zpl on PATH, or name it by the variable ZPL" % program) from None
    try:
        said = json.loads(done.stdout)
    except ValueError:
        words_of_end = (done.stderr or b"").decode("utf-8", "replace").strip() or "nothing"
        raise Error([], "zpl %s ended with %d and said %s" % (words[0], done.returncode, words_of_end)) from None
    return done.returncode, said


def _items(step: str, project: Optional[_Pathlike]) -> List[Dict[str, Any]]:
    """The items of a step inside an `each`, of "RUN/STEP[*]"."""
    code, said = _ask(["show", step], project)
    if "each" not in said:
        raise Error(said.get("diagnostics", []), "zpl show ended with %d" % code)
    return list(said["each"])


def _each(what: str, project: Optional[_Pathlike]) -> List[str]:
    """What load() takes of each item, in their order; those that made nothing are left out, as `each` leaves them out."""
    head, star, rest = what.rpartition("[*]")
    run, _, _ = what.partition("/")
    output = rest.partition("/")[2]
    out = []
    for item in _items(head + star + rest.partition("/")[0], project):
        made = [name for name, o in item["outputs"].items() if "digest" in o and name == (output or name)]
        if len(made) > 1:
            raise Error([], "%s has several outputs: load one of %s" % (what, ", ".join("%s/%s" % (what, n) for n in made)))
        out += ["%s/%s/%s" % (run, item["name"], name) for name in made]
    if not out and output:
        _output(what, project)  # is there such an output?
    return out


def _output(what: str, project: Optional[_Pathlike]) -> Dict[str, Any]:
    """The one output that is named."""
    code, said = _ask(["show", what], project)
    if "type" in said:
        return said
    outputs = said.get("outputs", {})
    if len(outputs) == 1:
        return next(iter(outputs.values()))
    if outputs:
        names = ", ".join("%s/%s" % (what, name) for name in outputs)
        raise Error([], "%s has several outputs: load one of %s" % (what, names))
    raise Error(said.get("diagnostics", []), "there is no %s" % what)


def _export(what: str, folder: str, name: str, project: Optional[_Pathlike]) -> str:
    path = os.path.join(folder, name)
    code, said = _ask(["export", what, path], project)
    if code != 0:
        raise Error(said.get("diagnostics", []), "zpl export ended with %d" % code)
    return path


def _root(project: Optional[_Pathlike]) -> str:
    """The folder of the project that paths of programs are relative to: that which has the store, as zpl looks for it."""
    start = at = os.path.realpath(os.fspath(project) if project is not None else os.getcwd())
    while not os.path.isfile(os.path.join(at, "project.zpl")) and not os.path.isdir(os.path.join(at, ".zpl")):
        above = os.path.dirname(at)
        if above == at:
            return start
        at = above
    return at


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
