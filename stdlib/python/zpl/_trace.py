"""What a step raised, cut to what its author wrote."""
from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Tuple

from zpl._errors import StepError, lacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zpl._guard import Guard

#: The path of a project's file below it; None for others.
Relative = Callable[[Optional[str]], Optional[str]]

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LONG = 300  # characters of a message that is shown
_DEEP = 20  # frames that are shown of a recursion


def _frames(tb: Optional[TracebackType]) -> List[Tuple[str, int, str]]:
    out = []
    while tb is not None:
        out.append((tb.tb_frame.f_code.co_filename, tb.tb_lineno, tb.tb_frame.f_code.co_name))
        tb = tb.tb_next
    return out


def _library(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    for mark in ("site-packages", "dist-packages"):
        if mark in parts:
            return parts[parts.index(mark) + 1].split(".")[0]
    return parts[-1].split(".")[0] if not path.startswith("<frozen ") else path[len("<frozen ") : -1].split(".")[0]


def cut(error: BaseException, relative: Relative) -> Tuple[List[str], Optional[Tuple[str, int, str]]]:
    """Lines that lead to an error through the project's files, and the last such place: file, line, function."""
    lines: List[str] = []
    last: Optional[Tuple[str, int, str]] = None
    others: List[str] = []

    def others_end() -> None:
        if others and lines:
            names = list(dict.fromkeys(others))[:3]
            lines.append("  … %d call%s in %s" % (len(others), "" if len(others) == 1 else "s", ", ".join(names)))
        others.clear()

    for path, line, function in _frames(error.__traceback__):
        if path.startswith(_OURS):
            continue
        shown = relative(path)
        if shown is None:
            others.append(_library(path))
            continue
        others_end()
        last = (shown, line, function)
        import linecache

        text = linecache.getline(path, line).strip()
        lines.append("%s:%d in %s%s" % (shown, line, function, ": " + text if text else ""))
    if isinstance(error, SyntaxError):
        shown = relative(error.filename)
        if shown is not None:
            last = (shown, error.lineno or 1, "")
    others_end()
    if len(lines) > 2 * _DEEP:
        lines[_DEEP:-_DEEP] = ["  … %d more …" % (len(lines) - 2 * _DEEP)]
    return lines, last


def _message(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception as e:  # its __str__ is the user's
        text = "(its message can't be made: %s)" % type(e).__name__
    notes = getattr(error, "__notes__", None) or []
    return "\n".join([str(text)] + [str(n) for n in notes])


def _name(error: BaseException) -> str:
    """Its class as people write it: without the private modules of a library, and without those of Python itself."""
    cls = type(error)
    module = str(cls.__module__).split("._")[0]
    return cls.__qualname__ if module in ("builtins", "__main__", "zpl") else "%s.%s" % (module, cls.__qualname__)


def tell(
    error: BaseException, file: str, start: int, function: str, relative: Relative, guard: Optional[Guard] = None
) -> Dict[str, Any]:
    """The error as the frame {"error": …} has it; `start` is the line of the function, where no other is to blame."""
    trace, last = cut(error, relative)
    kind, message, advice = "raise", _message(error), None
    if isinstance(error, StepError):
        kind = error.kind
    elif guard is not None and isinstance(error, guard.refusal):
        kind, message = "undeclared", error.strerror
        advice = guard.advice(error.filename)  # told to a process that it started, maybe
    elif isinstance(error, SystemExit):
        kind = "exit"
        message = "sys.exit(%s)" % ("" if error.code is None else repr(error.code))
    elif isinstance(error, ModuleNotFoundError) and error.name and _is_absent(error.name):
        kind = "missing"
        message = lacks(error.name.split(".")[0]) + ", or mend the name"
        near = _near_module(error.name.split(".")[0], guard)
        if near:
            advice = "the project has a module '%s': did you mean `import %s`?" % (near, near)
    elif isinstance(error, MemoryError) and not message:
        message = "out of memory"
    if guard is not None and kind == "raise":
        suspects = guard.suspects(error)
        if suspects:
            advice = "%s can't be read by the step, whose key does not know of it: %s" % (
                " or ".join("'%s'" % s for s in suspects),
                guard.advice(suspects[0]),
            )
    if kind == "raise" and advice is None:
        advice = _variable_advice(error) or _hiding_advice(error, relative)
    if kind == "raise" or len(message.split("\n")[0]) > _LONG:
        trace.extend(_wrapped((_name(error) + ": " + message[:10000]).split("\n")[:_DEEP]))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None and len(trace) < 100 and not isinstance(error, StepError):
        inner, _ = cut(cause, relative)
        trace.append("which came of %s: %s" % (_name(cause), _message(cause).split("\n")[0]))
        trace.extend(inner)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    out = {
        "kind": kind,
        "type": _name(error),
        "message": _brief(message),
        "file": last[0] if last else file,
        "line": last[1] if last else start,
        "function": function,
        "trace": [line[:500] for line in trace],
    }
    if guard is not None and guard.first is not None:  # whatever came of that
        words, place, line, shown = guard.first
        out.update(kind="undeclared", message=words, file=place or file, line=line or start)
        advice = guard.advice(shown)
    if advice is not None:
        out["help"] = advice
    return out


def _wrapped(lines: List[str]) -> List[str]:
    """Lines as the log has them: a long one is several."""
    return [line[i : i + 500] for line in lines for i in range(0, max(len(line), 1), 500)]


def _brief(message: str) -> str:
    """The first line as a terminal shows it; all of it is in the log."""
    first = message.split("\n")[0]
    return first if len(first) <= _LONG else "%s … (%d characters, in the log)" % (first[:_LONG], len(message))


def _near_module(name: str, guard: Optional[Guard]) -> Optional[str]:
    """A module of the project whose name is nearly that."""
    import difflib

    if guard is None:
        return None
    guard.is_on = False
    names = []
    for folder in guard.project.places():
        for entry in os.listdir(folder):
            stem, ending = os.path.splitext(entry)
            if stem.isidentifier() and (ending == ".py" or os.path.isfile(os.path.join(folder, entry, "__init__.py"))):
                names.append(stem)
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else None


def _variable_advice(error: BaseException) -> Optional[str]:
    """What to write where a variable of the environment is not there."""
    frames = _frames(error.__traceback__)
    if not isinstance(error, KeyError) or not frames or frames[-1][0] not in (os.__file__, "<frozen os>") or frames[-1][2] != "__getitem__":
        return None
    name = str(error.args[0]) if error.args else "NAME"
    return (
        "a step has no variables but those that it declares: `vars = { \"%s\" }` passes it on, `vars = { %s = \"…\" }` sets it"
        % (name, name)
    )


def _hiding_advice(error: BaseException, relative: Relative) -> Optional[str]:
    """What to do where a file of the project stands for a module of Python's that somebody wanted."""
    from zpl._installed import standard_names

    module = getattr(error, "obj", None) if isinstance(error, AttributeError) else None
    path = getattr(module, "__file__", None) or getattr(error, "path", None)
    shown = relative(path) if isinstance(path, str) else None
    stem = os.path.splitext(os.path.basename(shown))[0] if shown else ""
    if stem not in standard_names():
        return None
    return "'%s' hides Python's own module '%s' from all that imports it: give it another name" % (shown, stem)


def _is_absent(name: str) -> bool:
    return name.split(".")[0] not in sys.modules
