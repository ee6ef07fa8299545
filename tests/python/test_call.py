"""test_call.py - calls of functions as zpl makes them: arguments, outputs, errors, models.      Time limit: 200 s"""
import datetime
import decimal
import enum
import json
import os
import unittest
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, ClassVar, Dict, List, NamedTuple, Optional, Sequence, Tuple, TypedDict

from process import Process, Project, pythons

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from zpl import _models, _project
from zpl._annotated import as_annotated
from zpl._errors import StepError
from zpl._types import parse
from zpl._values import dump, from_json, from_literal, to_json

ROWS = "Table {a: Float, b: Int}"
STEPS = '''
from __future__ import annotations
import datetime, enum, os, sys, time
from dataclasses import dataclass
from pathlib import Path
from typing import List, NamedTuple, Optional
import zpl

class Pair(NamedTuple):
    n: int
    s: str
@dataclass
class Settings:
    depth: int
    name: str = "x"
class Mode(enum.Enum):
    FAST = "fast"

def same(v): return v
def shown(v): return repr(v)
def typed(day: datetime.date, at: datetime.datetime, ratio: float, mode: Mode, s: Settings, tags: List[datetime.date], none: Optional[int] = 3):
    return [day.year, at.tzinfo is not None, type(ratio).__name__, mode is Mode.FAST, s.depth, tags[0].month, none]
def in_order(): return 1, "a"
def by_name(): return {"s": "a", "n": 1}
def named(): return Pair(1, "a")
def other_names(): return {"s": "a", "m": 1}
def three(): return 1, 2, 3
def one(): return 1
def told():
    c = zpl.context()
    c.log("said"); c.progress(2, "all"); c.metric("loss", float("inf")); c.metric("loss", 1, step=2)
    (c.scratch / "x").write_text("x")
    print("printed", c.threads, c.cancelled())
    return str(c.scratch)
def ranked():
    c = zpl.context()
    c.log("%d of %d" % (c.rank, c.world_size))
    return "first" if c.rank == 0 else object()
def asked():
    c = zpl.context()
    c.log(c.cancelled())
    while not c.cancelled(): time.sleep(0.01)
    c.log("heard")
    return "done"
def file(): 
    p = zpl.context().scratch / "made"; p.write_bytes(b"abc"); return p
def folder():
    p = zpl.context().scratch / "made"; (p / "in").mkdir(parents=True); (p / "in" / "x").write_text("x"); return p
def no_file(): return "nowhere"
def read(p: zpl.File): return [p.read_text(), type(p).__name__]
def chain():
    try: int("x")
    except ValueError as e: raise RuntimeError("outer") from e
def deep(n=0): return deep(n + 1)
def through():
    import json
    return json.loads("{")
def group(): raise KeyError("k")
def nan(): return float("nan")
def imports():
    import lib.used
    return lib.used.VALUE
def hidden():
    import importlib
    return importlib.import_module("lib.secret").VALUE
def makes():
    import importlib.util, tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as f: f.write("VALUE = 5")
    spec = importlib.util.spec_from_file_location("made", f.name)
    sys.modules["made"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["made"])
    return sys.modules["made"].VALUE
def quits():
    import atexit
    atexit.register(print, "at exit")
    raise SystemExit
def interrupted(): raise KeyboardInterrupt
def thread():
    import threading
    threading.Thread(target=lambda: 1 / 0).start()
    return 1
def processes():
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(2) as pool: return sum(pool.map(abs, [-1, -2]))
def forked():
    pid = os.fork()
    if pid == 0: sys.exit(7)
    return os.waitpid(pid, 0)[1] >> 8

@zpl.materialiser
class Words:
    def __init__(self, words): self.words = words
    def save(self, path): path.write_text("\\n".join(self.words))
    @classmethod
    def load(cls, path): return cls(path.read_text().split("\\n"))
def words(): return Words(["b", "a"])
def count(w: Words): return len(w.words)
def unknown(): return object()
'''
TABLES = '''
import numpy as np
import pandas as pd
def shape(rows: pd.DataFrame): return list(rows.shape) + [str(t) for t in rows.dtypes]
def arrow(rows: "pyarrow.Table"): return type(rows).__module__ + "." + type(rows).__name__
def grown(rows: pd.DataFrame):
    import xgboost
    r = np.random.default_rng(1)
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows[["a", "b"]], label=rows["a"] > 0), 4)
    return rows.assign(a=r.normal(size=len(rows)), s=sorted({"x", "y", "z"})[0]), model
def score(rows, model):
    import xgboost
    return float(model.predict(xgboost.DMatrix(rows[["a", "b"]])).mean())
'''


def value(v):
    return {"json": v}


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = Project(s=STEPS, t=TABLES, lib__used="VALUE = 5", lib__secret="VALUE = 6")
        table = pa.table({"a": [0.5, -1.5, 2.0, -0.25] * 25, "b": list(range(100))})
        pq.write_table(table, cls.project.at("rows.parquet"))
        cls.rows = {"table": cls.project.at("rows.parquet"), "columns": None, "type": ROWS}

    @classmethod
    def tearDownClass(cls):
        cls.project.close()

    def gives(self, function, args, kind, **more):
        last, _, printed = self.project.call(function, args, [("v", kind)], **more)
        self.assertIn("done", last, (last, printed))
        return json.loads(self.project.read("v"))

    def fails(self, function, args=None, outputs=(("v", "Int"),), **more):
        last, _, _ = self.project.call(function, args or {}, list(outputs), **more)
        self.assertIn("error", last)
        return last["error"]

    def test_wrong_value(self):
        error = self.fails("same", {"v": value("x")})
        self.assertEqual((error["kind"], error["file"], error["function"]), ("type", "s.py", "same"))
        self.assertGreater(error["line"], 0)

    def test_annotated_params(self):
        for python in pythons():
            args = {"day": value("2024-02-29"), "at": value("2024-02-29 13:05:00.5"), "ratio": value(1), "mode": value("fast"),
                    "s": value({"record": [["depth", 4]]}), "tags": value(["2024-03-01"])}
            self.assertEqual(self.gives("typed", args, "Json", interpreter=python), [2024, True, "float", True, 4, 3, 3], python)

    def test_looks_at_files_that_the_key_does_not_know(self):
        """By every Python; what a step makes of its own files and the folders above them is its own affair."""
        looks = {"by_os": "os.path.exists('x.json')", "by_size": "os.path.getsize('x.json')", "by_pathlib": "Path('x.json').is_file()",
                 "by_stat": "Path('x.json').stat().st_size", "by_glob": "glob.glob('x.json')", "by_access": "os.access('x.json', os.R_OK)"}
        own = """
    with tempfile.TemporaryDirectory() as t:
        Path(t, "x").mkdir(parents=True, exist_ok=True)
        shutil.copytree(t, t + "2")
        shutil.rmtree(t + "2")
    return [Path(__file__).resolve().name, os.stat(".") is not None, os.stat in os.supports_follow_symlinks]
"""
        text = "import glob, os, shutil, tempfile\nfrom pathlib import Path\n" + "".join(
            "def %s(): return %s\n" % look for look in looks.items()) + "def own():" + own
        project = Project()
        self.addCleanup(project.close)
        project.write("project/s.py", text)
        project.write("project/x.json", "{}")
        os.makedirs(project.at("store/scratch/1/.tmp"))
        more = {"project": project.at("project"), "scratch": project.at("store/scratch/1/.tmp"), "store": project.at("store"),
                "modules": ["s.py"], "reads": []}
        for python in pythons():
            for name in looks:
                last, _, _ = project.call(name, {}, [("v", "Json")], interpreter=python, **more)
                self.assertEqual((last["error"]["kind"], last["error"]["message"], last["error"]["file"]),
                                 ("undeclared", "it looked at x.json, which the step's key does not know", "s.py"), (python, name))
            last, _, printed = project.call("own", {}, [("v", "Json")], interpreter=python, **more)
            self.assertIn("done", last, (python, last, printed))
            self.assertEqual(json.loads(project.read("v")), ["s.py", True, True])

    def test_several_outputs(self):
        outputs = [("n", "Int"), ("s", "String")]
        for function in ("in_order", "by_name", "named"):
            last, _, _ = self.project.call(function, {}, outputs)
            values = {"n": 1, "s": "a"}
            self.assertEqual(last, {"done": True, "values": values, "imported": ["s.py"], "packages": {}})
            self.assertEqual((self.project.read("n"), self.project.read("s")), (b"1", b'"a"'))
        for function, words in [("other_names", "it returned 's', 'm', and its outputs are 'n', 's'"),
                                ("three", "it returned 3 values, and declares 2 outputs: 'n', 's'"),
                                ("one", "it returned an int, and declares 2 outputs: 'n', 's'")]:
            error = self.fails(function, outputs=outputs)
            self.assertEqual((error["kind"], error["message"]), ("arity", words))

    def test_a_value_is_the_same_from_a_message_and_from_a_file(self):
        for kind, stored in (("Int", 7), ("Float", 7), ("Float", "NaN"), ("String", "\u20ac"), ("Json", {"a": [1, 2.5, None]}),
                             ("Timestamp", "2024-02-29 12:00:00.25"), ("List(Date)", ["2024-02-29"]), ("Optional(Int)", None)):
            with open(self.project.at("stored"), "w", encoding="utf-8") as f:
                json.dump(stored, f)
            read = []
            for given in ({"value": stored, "type": kind}, {"path": self.project.at("stored"), "type": kind}):
                last, _, _ = self.project.call("shown", {"v": given}, [("v", "String")])
                read.append(last["values"]["v"])
            self.assertEqual(read[0], read[1], kind)

    def test_large_values_are_files(self):
        for name, size, told in (("told", 65534, True), ("written", 65535, False)):  # and two quotes
            last, _, _ = self.project.call("same", {"v": value("x" * size)}, [(name, "String")])
            self.assertEqual((bool(last["values"]), os.path.exists(self.project.at(name + ".out"))), (told, not told))
            self.assertEqual(self.project.read(name), b'"' + b"x" * size + b'"')

    def test_context(self):
        last, heard, printed = self.project.call("told", {}, [("v", "String")], threads=7)
        self.assertIn("done", last)
        self.assertEqual(heard, [{"log": "said"}, {"progress": 1.0, "what": "all"}, {"metric": ["loss", "inf", None]},
                                 {"metric": ["loss", 1.0, 2]}])
        self.assertEqual(printed, "printed 7 False\n")

    def test_of_a_gang_the_first_speaks(self):
        for rank in (0, 1):
            last, heard, _ = self.project.call("ranked", {}, [("r%d" % rank, "String")], rank=rank, workers=2)
            self.assertIn("done", last)
            self.assertEqual(heard, [{"log": "%d of 2" % rank}])
            self.assertEqual(last["values"], {} if rank else {"r0": "first"})
            self.assertFalse(os.path.exists(self.project.at("r%d.out" % rank)))
        self.assertEqual(self.project.call("ranked", {}, [("r", "String")])[1], [{"log": "0 of 1"}])

    def test_is_told_that_nobody_waits(self):
        process = Process("call")
        process.talk.send(self.project.frame("asked", {}, [("v", "String")]))
        self.assertEqual(process.talk.receive(), {"log": "False"})
        process.hang_up()
        self.assertEqual(process.talk.receive(), {"log": "heard"})
        self.assertIn("done", process.talk.receive())
        process.close()

    def test_files(self):
        self.project.call("file", {}, [("v", "File")])
        self.assertEqual(self.project.read("v"), b"abc")
        self.assertEqual(self.gives("read", {"p": {"path": self.project.at("v.out"), "type": "File"}}, "Json"), ["abc", "File"])
        last, _, _ = self.project.call("folder", {}, [("d", "Dir")])
        self.assertIn("done", last)
        self.assertEqual(os.listdir(self.project.at("d.out")), ["in"])
        self.assertIn("where there is no file", self.fails("no_file", outputs=[("v", "File")])["message"])
        self.assertIn("output 'v' is an object, and File is declared", self.fails("unknown", outputs=[("v", "File")])["message"])

    def test_materialiser(self):
        self.assertIn("done", self.project.call("words", {}, [("v", "File")])[0])
        self.assertEqual(self.project.read("v"), b"b\na")
        self.assertEqual(self.gives("count", {"w": {"path": self.project.at("v.out"), "type": "File"}}, "Int"), 2)

    def test_errors(self):
        error = self.fails("chain")
        self.assertEqual((error["kind"], error["type"], error["message"]), ("raise", "RuntimeError", "outer"))
        self.assertTrue(any(t.startswith("which came of ValueError: invalid literal") for t in error["trace"]))
        error = self.fails("deep")
        self.assertEqual(error["type"], "RecursionError")
        self.assertLess(len(error["trace"]), 50)
        error = self.fails("through")
        self.assertEqual(error["type"], "json.decoder.JSONDecodeError")
        self.assertRegex(error["trace"][0], r"^s\.py:\d+ in through: return json\.loads")
        self.assertRegex(error["trace"][1], r"^  … 3 calls in __init__, decoder$|^  … \d calls? in ")
        self.assertEqual(self.fails("quits")["kind"], "exit")
        self.assertEqual(self.fails("interrupted")["type"], "KeyboardInterrupt")
        self.assertEqual(self.fails("nothing_of_it")["message"], "s.py has no function 'nothing_of_it'")
        self.project.write("broken.py", "def f(:\n")
        error = self.fails("f", file="broken.py")
        self.assertEqual((error["type"], error["file"], error["line"]), ("SyntaxError", "broken.py", 1))
        self.assertEqual(self.fails("same", {"w": value(1)})["type"], "TypeError")

    def test_imports(self):
        known = ["s.py", "lib/used.py"]
        last, _, _ = self.project.call("imports", {}, [("v", "Int")], modules=known)
        self.assertEqual(last["imported"], ["lib/used.py", "s.py"])
        for function in ("imports", "hidden"):
            error = self.fails(function, modules=["s.py"])
            self.assertEqual(error["kind"], "import")
            self.assertIn("in a way that can't be seen in its text", error["message"])

    def test_module_that_the_call_makes(self):
        """As TensorFlow makes some of functions, where files of the moment go."""
        os.environ["TMPDIR"] = self.project.at("scratch")
        self.addCleanup(os.environ.pop, "TMPDIR")
        last, _, _ = self.project.call("makes", {}, [("v", "Int")], modules=["s.py"])
        self.assertEqual(last["imported"], ["s.py"])

    def test_stale_bytecode(self):
        import py_compile

        self.project.write("lib/again.py", "VALUE = 1\n")
        path = self.project.at("lib/again.py")
        stat = os.stat(path)
        py_compile.compile(path)
        self.project.write("lib/again.py", "VALUE = 2\n")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self.project.write("g.py", "import lib.again\ndef f(): return lib.again.VALUE\n")
        self.assertEqual(self.gives("f", {}, "Int", file="g.py"), 2)

    def test_names_of_files(self):
        self.project.write("steps/random.py", "import json\ndef f(): return __name__\n")
        self.assertEqual(self.gives("f", {}, "String", file="steps/random.py"), "random")
        self.project.write("steps/json.py", "def f(): return __name__\n")
        self.assertEqual(self.gives("f", {}, "String", file="steps/json.py"), "zpl_step_json")
        self.project.write("pack/__init__.py", "")
        self.project.write("pack/m.py", "from . import n\ndef f(): return n.V + __name__\n")
        self.project.write("pack/n.py", "V = 'n of '\n")
        self.assertEqual(self.gives("f", {}, "String", file="pack/m.py"), "n of pack.m")

    def test_packages(self):
        known = {"pandas": pd.__version__, "polars": metadata.version("polars"), "pyarrow": pa.__version__, "numpy": np.__version__}
        last, _, _ = self.project.call("shape", {"rows": self.rows}, [("v", "Json")], file="t.py", packages=known)
        self.assertEqual(last["packages"]["pandas"], pd.__version__)
        error = self.fails("shape", {"rows": self.rows}, file="t.py", packages={"pandas": "0.1"})
        self.assertEqual((error["kind"], error["message"]),
                         ("changed", "pandas is %s here, and was 0.1 when the step was planned" % pd.__version__))
        self.assertEqual(self.fails("one", python="3.1.4")["kind"], "changed")

    def test_other_threads_of_control(self):
        self.assertEqual(self.gives("thread", {}, "Int"), 1)
        self.assertEqual(self.gives("processes", {}, "Int"), 3)
        self.assertEqual(self.gives("forked", {}, "Int"), 7)

    def test_nan(self):
        last, heard, _ = self.project.call("nan", {}, [("v", "Float")])
        self.assertEqual((heard, self.project.read("v")), ([], b'"NaN"'))

    def test_tables(self):
        self.assertEqual(self.gives("shape", {"rows": dict(self.rows, columns=["b"])}, "Json", file="t.py"), [100, 1, "int64"])
        self.assertEqual(self.gives("arrow", {"rows": self.rows}, "String", file="t.py"), "pyarrow.lib.Table")

    def test_same_bytes_in_two_processes(self):
        model = "Model {xgboost, features: {a: Float, b: Int}, label: late: Bool}"
        made = []
        for _ in range(2):
            last, _, printed = self.project.call(
                "grown", {"rows": self.rows}, [("v", "Table {a: Float, b: Int, s: String}"), ("model", model)], file="t.py")
            self.assertIn("done", last, printed)
            made.append((self.project.read("v"), self.project.read("model")))
        self.assertEqual(made[0], made[1])
        given = {"path": self.project.at("model.out"), "type": model}
        mean = self.gives("score", {"rows": self.rows, "model": given}, "Float", file="t.py")
        self.assertTrue(0 < mean < 1)


class Values(unittest.TestCase):
    """Between literals, Python and JSON, without a process."""

    def test_values(self):
        cases = [
            (1, "Int", 1), ({"float": "2"}, "Float", 2.0), ("ä", "String", "ä"), (True, "Bool", True), (None, "Optional(Int)", None),
            ({"path": "data/x"}, "Path", "data/x"), ([1, 2], "List(Int)", [1, 2]), ({"record": [["a", 1]]}, "Json", {"a": 1}),
            ({"record": [["a", 0.5], ["n", 2]]}, "Report {a: Float, n: Int}", {"a": 0.5, "n": 2}),
            ("a", 'Enum {"a"}', "a"), ("2024-01-01", "Date", "2024-01-01"),
        ]
        for given, kind, wanted in cases:
            with self.subTest(kind):
                self.assertEqual(to_json(from_literal(given), parse(kind), "v"), wanted)
        self.assertEqual(from_literal({"bytes": "ff00"}), b"\xff\x00")
        self.assertEqual(from_literal({"float": "inf"}), float("inf"))
        for given, kind, wanted in [
            (np.int8(3), "Int", 3), (np.float32(0.5), "Float", 0.5), (np.bool_(True), "Bool", True), (pd.NA, "Optional(Int)", None),
            (3.0, "Int", 3), (np.array([[1, 2]]), "List(List(Int))", [[1, 2]]), (pd.Series([1, 2]), "List(Int)", [1, 2]),
            (pd.Timestamp("2024-01-01 01:00", tz="Europe/Berlin"), "Timestamp", "2024-01-01 00:00:00"),
            (np.datetime64("2024-01-01"), "Json", "2024-01-01T00:00:00"), ({"a": (1, None)}, "Json", {"a": [1, None]}), ({1: 2}, "Json", {"1": 2}),
            (np.array(["2024-01-01", "NaT"], "M8[ns]"), "Json", ["2024-01-01T00:00:00", None]),
            (np.array(["2024-01-01"], "M8[ns]"), "List(Timestamp)", ["2024-01-01 00:00:00"]),
            (np.array([(1, 0.5)], [("a", "i4"), ("b", "f4")]), "Json", [{"a": 1, "b": 0.5}]),
            ([2.0**60, -1.876436295625327e18, 1e19], "Json", [2**60, -1876436295625327104, 1e19]),
            (pl.Series([1, None]), "List(Optional(Int))", [1, None]), (pa.array([0.5]), "List(Float)", [0.5]), (pa.scalar(5), "Int", 5),
        ]:
            with self.subTest(kind, given=given):
                self.assertEqual(to_json(given, parse(kind), "v"), wanted)

    def test_wrong_values(self):
        endless = []
        endless.append(endless)
        for given, kind, words in [
            ("x", "Int", "output 'v' is 'x' (str), and Int is declared"), (2**63, "Int", "does not fit an Int"),
            (None, "Float", "is None, and Float is declared"), (True, "Int", "is True (bool)"), (1.5, "Int", "is 1.5 (float)"), (1, "String", "is 1 (int)"), (None, "Int", "is None"),
            ("b", 'Enum {"a"}', "which is none of"), ([1, "x"], "List(Int)", "item 2 of output 'v' is 'x'"), ("\ud800", "String", "no UTF-8"),
            ({"a": 1}, "Report {b: Int}", "has no field 'b'; it has 'a'"), ({"a": 1, "b": 1}, "Report {b: Int}", "'a' that is not declared"),
            ({"a": object()}, "Json", "'a' of output 'v' holds an object"), (endless, "Json", "output 'v' is nested more than 100 deep, or holds itself"), ({"a": {"b": endless}}, "Json", "output 'v' is nested"), (2**53 + 1, "Float", "no Float is equal"),
            ({(1, 2): 3}, "Json", "keys of JSON are texts"), (b"\xff", "Bytes", "no text"), (np.datetime64(1, "ns"), "Timestamp", "nanoseconds"),
            (np.array([1], "m8[ns]"), "Json", "holds a numpy.timedelta64"), ({"a": "NaN"}, "Json", "is the text 'NaN', which in JSON is the number"),
            ({"a\0": 1}, "Json", r"a key 'a\x00', and no key has a NUL"), ({"a\0": 1}, "Report {...}", "no key has a NUL"),
            (datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5))), "Timestamp", "in no year from 1 to 9999"),
        ]:
            with self.subTest(words):
                with self.assertRaises(StepError) as raised:
                    to_json(given, parse(kind), "output 'v'")
                self.assertIn(words, str(raised.exception))


    def test_there_and_back(self):
        """What a step returns and the next is annotated with."""
        utc, berlin = datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=2))
        moments = [datetime.datetime(2024, 1, 1, 5), datetime.datetime(2024, 1, 1, 5, tzinfo=utc), datetime.datetime(2024, 1, 1, 5, tzinfo=berlin)]
        one = Inner(moments[0], datetime.date(2024, 1, 2))
        for value, kind, hint in [
            ({"a": float("nan"), "b": [float("inf"), float("-inf")]}, "Json", dict), (float("nan"), "Json", None),
            ({"b": "NaN", "a": float("nan")}, "Report {b: String, ...}", None), ("a\0b", "Json", None),
            (Outer(one, [one], {"k": one}, Colour.RED, (1, "x"), None), "Json", Outer), ([one], "Json", List[Inner]),
            (one, "Json", Optional[Inner]), ({1: one}, "Json", Dict[int, Inner]), ([(1, Colour.RED)], "Json", List[Tuple[int, Colour]]),
            (moments, "Json", List[datetime.datetime]), ([Colour.RED], "Json", Sequence[Colour]), (Pair(1, [2]), "Json", Pair),
            (Priced("1.50"), "Json", Priced), ([Priced("1.50")], "Json", List[Priced]),
            ({"day": datetime.date(2024, 1, 1)}, "Json", Days), ({"a": 1}, "Json", Any), (Later(1), "Json", Later),
        ]:
            with self.subTest(value=value):
                kind = parse(kind)
                back = as_annotated(from_json(json.loads(dump(to_json(value, kind, "v"))), kind), hint)
                self.assertEqual(repr(back), repr(value))
        for value, hint, words in [({"x": 1}, Dict[int, int], "the key 'x' is no int"), ({"when": 1}, Inner, "is no Inner"), ("x", datetime.date, "is no date")]:
            with self.assertRaisesRegex(StepError, words):
                as_annotated(value, hint)
        self.assertEqual(from_literal({"bytes": "610062"}), "a\0b")
        self.assertEqual(from_json(json.loads("[12345678901234567000, true]"), parse("Json")), [1.2345678901234567e19, True])


@dataclass
class Inner:
    when: datetime.datetime
    day: datetime.date


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Outer:
    one: Inner
    many: List[Inner]
    named: Dict[str, Inner]
    colour: Colour
    pair: Tuple[int, str]
    other: Optional[Inner]
    COUNT: ClassVar[int] = 3


@dataclass
class Later:
    a: int
    b: int = field(init=False, default=3)


class Pair(NamedTuple):
    a: int
    b: List[int]


class Priced:
    """As a model of pydantic is seen: with a Decimal, and a field that it computes."""

    model_computed_fields = {"twice": None}

    def __init__(self, price):
        self.price = decimal.Decimal(price)

    def __repr__(self):
        return "Priced(%r)" % self.price

    def model_dump(self, mode="python"):
        return {"price": str(self.price) if mode == "json" else self.price, "twice": float(2 * self.price)}

    @classmethod
    def model_validate_json(cls, text):
        return cls(**json.loads(text))


class Days(TypedDict):
    day: datetime.date


class Compiled(unittest.TestCase):
    def test_what_stands_there_is_run(self):
        """What a host compiled ahead is run where the file says that, whatever its time says."""
        folder = Project(step="VALUE = 1")
        path = os.path.join(os.path.realpath(folder.path), "step.py")
        times = os.stat(path)
        _project.compile_ahead(path)
        for text, value in [("VALUE = 1", 1), ("VALUE = 2", 2), ("VALUE = 1", 1)]:
            folder.write("step.py", text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.assertEqual(_project.Project(folder.path, None).load("step.py").VALUE, value)
        code = _project._compiled[path][1]
        self.assertIs(_project._Loader("step", path).get_code("step"), code)
        folder.write("step.py", "VALUE = ")
        _project.compile_ahead(path)  # the call says what is wrong with it
        with self.assertRaises(SyntaxError):
            _project.Project(folder.path, None).load("step.py")
        folder.close()


class Models(unittest.TestCase):
    """What native steps have to know of a model of XGBoost's."""

    def test_attribute(self):
        import xgboost

        frame = pd.DataFrame({"a": [0.0, 1, 2, 3], "b": [1, 2, 3, 4]})
        booster = xgboost.train({"objective": "multi:softprob", "num_class": 2}, xgboost.DMatrix(frame, label=[0, 1, 0, 1]), 2)
        folder = Project()
        kind = parse('Model {xgboost, features: {a: Float, b: Int}, label: k: Enum {"no", "yes"}}')
        _models.save(booster, kind, folder.at("m"), "output 'm'")
        back = _models.load(folder.at("m"), kind, None)
        self.assertEqual(json.loads(back.attr("zpl")),
                         {"classes": ["no", "yes"], "features": ["a", "b"], "label": "k", "label_type": "Enum", "version": 1,
                          "xgboost": xgboost.__version__})
        self.assertTrue(np.array_equal(back.predict(xgboost.DMatrix(frame)), booster.predict(xgboost.DMatrix(frame))))
        self.assertIsNone(booster.attr("zpl"))
        for other, words in [("{b: Int, a: Float}", "was trained on a, b, and b, a are declared"), ("{a: Float}", "was trained on")]:
            with self.assertRaisesRegex(StepError, words):
                _models.save(booster, parse("Model {xgboost, features: %s, label: k: Bool}" % other), folder.at("n"), "output 'm'")
        folder.close()

    def test_estimators(self):
        """Of scikit-learn: kept without pickle, by the same bytes whenever they are made."""
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        frame = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40) % 7})
        folder, kind = Project(), parse("Model {sklearn}")
        for i in range(2):
            estimator = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=1)).fit(frame, frame["b"] > 2)
            _models.save(estimator, kind, folder.at("m%d.out" % i), "output 'm'")
        self.assertEqual(folder.read("m0"), folder.read("m1"))
        back = _models.load(folder.at("m0.out"), kind, None)
        self.assertTrue(np.array_equal(back.predict_proba(frame), estimator.predict_proba(frame)))
        with self.assertRaisesRegex(StepError, "is an int, and a model of scikit-learn is declared"):
            _models.save(3, kind, folder.at("m.out"), "output 'm'")
        folder.close()


if __name__ == "__main__":
    unittest.main()
