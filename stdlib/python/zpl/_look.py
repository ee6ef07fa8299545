"""What one file of Python says of itself, read from its text by ``ast``: nothing of it is run.

And what an interpreter is and has: its version, its own modules, the versions of what is installed.
"""
from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

from zpl._frames import VERSION, Talk, python_version, too_old
from zpl._names import Names, top_level
from zpl._sign import Function, Param, Unsigned, declared, sign


# ---- functions ----


def _column(lines: Sequence[str], node: Any) -> int:
    """From 1, in characters; ast counts bytes."""
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    return len(line.encode("utf-8")[: node.col_offset].decode("utf-8", "replace")) + 1


def _yields(node: Function) -> bool:
    todo: List[ast.AST] = list(node.body)
    while todo:
        one = todo.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(one))
    return False


def _params(args: ast.arguments) -> List[Param]:
    placed = [(a, "placed") for a in args.posonlyargs] + [(a, "plain") for a in args.args]
    missing = len(placed) - len(args.defaults)
    out: List[Param] = [
        (a, kind, args.defaults[i - missing] if i >= missing else None) for i, (a, kind) in enumerate(placed)
    ]
    if args.vararg is not None:
        out.append((args.vararg, "rest", None))
    out.extend((a, "plain", d) for a, d in zip(args.kwonlyargs, args.kw_defaults))
    if args.kwarg is not None:
        out.append((args.kwarg, "keywords", None))
    return out


def _wants(annotations: Sequence[Optional[ast.expr]], names: Names) -> List[str]:
    """Modules whose classes annotations name and this file does not have."""
    spelled = {w for a in annotations if a is not None for w in re.findall(r"[.\w]+", names.spell(a))}
    found = {w[: -len(w.rsplit(".", 1)[-1])] for w in spelled - set(names.classes) if "." in w}
    return sorted({m for m in names.modules if m in found or m + "." in found})


def _function(node: Function, names: Names, lines: Sequence[str]) -> Dict[str, Any]:
    params = _params(node.args)
    signature, unsigned = declared(node, names)
    wants: List[str] = []
    if signature is None and unsigned is None:
        try:
            signature = sign(node, params, names)
        except Unsigned as why:
            unsigned = str(why)
            wants = _wants([*(a.annotation for a, _, _ in params), node.returns], names)
    keyword = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    return {
        "line": node.lineno,
        "column": _column(lines, node) + len(keyword),
        "params": [
            {
                "name": arg.arg,
                "kind": kind,
                "annotation": names.spell(arg.annotation) if arg.annotation is not None else None,
                "default": default is not None,
                "line": arg.lineno,
                "column": _column(lines, arg),
            }
            for arg, kind, default in params
        ],
        "returns": names.spell(node.returns) if node.returns is not None else None,
        "signature": signature,
        "unsigned": unsigned,
        "wants": wants,
        "async": isinstance(node, ast.AsyncFunctionDef),
        "generator": _yields(node),
    }


# ---- imports ----


def _imports(tree: ast.Module, names: Names) -> Tuple[List[Dict[str, Any]], List[int]]:
    """All that may be imported, wherever it stands, and the lines of what only a run can tell."""
    found: List[Dict[str, Any]] = []
    dynamic: List[int] = []

    def add(level: int, module: str, what: List[str], line: int) -> None:
        found.append({"level": level, "module": module, "names": what, "line": line})

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                add(0, alias.name, [], node.lineno)
        elif isinstance(node, ast.ImportFrom):
            add(node.level, node.module or "", [a.name for a in node.names], node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            if names.spell(node.func) in ("__import__", "importlib.import_module", "importlib.__import__"):
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value[:1] not in ("", "."):
                    add(0, name.value, [], node.lineno)
                else:
                    dynamic.append(node.lineno)
    found.sort(key=lambda i: (i["line"], i["level"], i["module"]))
    return found, sorted(dynamic)


def _others(tree: ast.Module) -> Dict[str, str]:
    """What names at the top of a file stand for that are no functions, in words that follow "as"."""
    out: Dict[str, str] = {}
    for node in top_level(tree.body):
        if isinstance(node, ast.ClassDef):
            out[node.name] = "a class"
        elif isinstance(node, ast.Import):
            out.update({a.asname or a.name.split(".")[0]: "an imported module" for a in node.names})
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            out.update({a.asname or a.name: "what it imports from '%s'" % source for a in node.names})
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            what = "a lambda" if isinstance(node.value, ast.Lambda) else "a value"
            if isinstance(node.value, ast.Call):
                what = "what a call gives (%s)" % ast.unparse(node.value.func)[:60]
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    out[target.id] = what
    return out


# ---- the questions ----


def _hint(text: str, line: int) -> str:
    """What to write where the syntax is wrong by what people try."""
    lines = text.split("\n")
    if line <= len(lines) and re.match(r"\s*@(zpl\.)?step\(\s*[^\"'\s)]", lines[line - 1]):
        return ': a signature is a text, @zpl.step("(…) -> (…)")'
    return ""


def look(text: str, beside: Sequence[Dict[str, str]] = ()) -> Dict[str, Any]:
    """What a file says; `beside`: texts of modules that it imports classes from, {"module", "text"}.

    {"v", "identity", "imports", "dynamic", "functions", "others", "names"}, or {"v", "error": {"line", "column", "message"}} for
    a text that this Python can't parse.  `identity`: SHA-256 of its syntax without positions, in hex.
    """
    try:
        tree = ast.parse(text)
        identity = hashlib.sha256(ast.dump(tree, include_attributes=False).encode("utf-8", "surrogatepass")).hexdigest()
    except SyntaxError as e:
        message = e.msg + _hint(text, e.lineno or 1)
        return {"v": VERSION, "error": {"line": e.lineno or 1, "column": max(e.offset or 1, 1), "message": message}}
    except ValueError as e:  # a NUL inside
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": str(e)}}
    except (RecursionError, MemoryError):
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": "it is nested too deeply to be read"}}
    names = Names(tree)
    for other in beside:
        try:
            names.borrow(other["module"], Names(ast.parse(other["text"].lstrip("\ufeff"))))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # it is told where that file is read
    lines = text.split("\n")
    imports, dynamic = _imports(tree, names)
    functions = {
        node.name: _function(node, names, lines)
        for node in top_level(tree.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    return {
        "v": VERSION,
        "identity": identity,
        "imports": imports,
        "dynamic": dynamic,
        "functions": functions,
        "others": _others(tree),
        "names": names.full,
    }


def facts() -> Dict[str, Any]:
    """The interpreter: version, executable, the names of its own modules, the folders of what is installed."""
    from zpl._installed import site_folders, standard_names

    return {
        "v": VERSION,
        "version": python_version(),
        "implementation": sys.implementation.name,
        "executable": os.path.abspath(sys.executable),
        "stdlib": sorted(standard_names()),
        "site": site_folders(),
    }


def packages(wanted: Sequence[str]) -> Dict[str, Any]:
    """What provides these modules, with what that needs in turn, and in which versions."""
    from zpl._installed import distributions

    found, missing = distributions(wanted)
    return {"v": VERSION, "packages": {n: {"version": v} for n, v in sorted(found.items())}, "missing": missing}


def answer(question: Dict[str, Any]) -> Dict[str, Any]:
    if question.get("v") != VERSION:
        return {"v": VERSION, "error": {"line": 0, "column": 0, "message": "a question of another version"}}
    if "text" in question and too_old():
        return {"v": VERSION, "error": {"line": 1, "column": 1, "message": too_old()}}
    if "text" in question:
        return look(question["text"].lstrip("\ufeff"), question.get("beside", ()))  # Windows puts that first
    if "packages" in question:
        return packages(question["packages"])
    if "own" in question:
        from zpl._installed import own_folders

        return {"v": VERSION, "own": own_folders()}
    return facts()


def serve(fd: int) -> None:
    """Answers one question after the other, until nobody asks."""
    sys.setrecursionlimit(10000)  # long sums and chains of texts are deep trees
    talk = Talk(fd)
    question = talk.receive()
    while question is not None:
        try:
            reply = answer(question)
        except RecursionError:
            reply = {"v": VERSION, "error": {"line": 1, "column": 1, "message": "it is nested too deeply to be read"}}
        talk.send(reply)
        question = talk.receive()
