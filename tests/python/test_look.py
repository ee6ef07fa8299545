"""test_look.py - what is read off files of Python, by every Python that this machine has."""
import hashlib
import ast
import os
import sys
import unittest

from process import Process, pythons

from zpl._frames import VERSION

HEAD = """
from __future__ import annotations
import datetime
import pandas as pd, polars as pl, pyarrow as pa, xgboost as xgb, zpl
import keras, lightgbm as lgb, onnx, tensorflow as tf, torch
from torch import nn
from dataclasses import dataclass
from pathlib import Path
from pandas import DataFrame as Frame
from sklearn.base import BaseEstimator
from typing import Annotated, Any, Dict, List, Literal, NamedTuple, Optional, Tuple, TypedDict, Union
from zpl import step
Rows = pd.DataFrame

@dataclass
class Score:
    auc: float
    rows: int
@dataclass
class Deep:
    inner: dict
class Both(NamedTuple):
    kept: pd.DataFrame
    count: int
class Unknown: pass
class Net(nn.Module):
    def forward(self, x): return x
"""

# function: its signature, or why it has none.
SIGNED = {
    "def f(rows: pd.DataFrame, depth: int = 6) -> xgb.Booster": "(rows: Table {...rows}, depth: Int = 6) -> (model: Model {xgboost})",
    "def f(rows: Frame, n: float = 1) -> Frame": "(rows: Table {...rows}, n: Float = 1) -> (rows: Table {...})",
    "def f(a: pl.DataFrame, b: pa.Table) -> Tuple[pl.DataFrame, pa.Table]": "(a: Table {...a}, b: Table {...b}) -> (rows1: Table {...}, rows2: Table {...})",
    "def f(rows: Rows) -> Tuple[Rows, float, float]": "(rows: Table {...rows}) -> (rows: Table {...}, value1: Float, value2: Float)",
    "def f(a: int | None = None, b: Optional[str] = 'x', c: Union[bool, None] = None) -> int": '(a?: Int, b: Optional(String) = "x", c?: Bool) -> (value: Int)',
    "def f(a: 'datetime.date', b: pd.Timestamp, c: bytes) -> Path": "(a: Date, b: Timestamp, c: Bytes) -> (file: File)",
    "def f(p: Path = Path('data/x.csv')) -> zpl.Dir": '(p: Path = Path "data/x.csv") -> (dir: Dir)',
    "def f(p: zpl.File) -> zpl.File": "(p: File) -> (file: File)",
    "def f(k: Literal['a', 'b'] = 'a', n: Literal[1, 2] = 1) -> str": '(k: Enum {"a", "b"} = "a", n: Int one_of { 1, 2 } = 1) -> (value: String)',
    "def f(l: List[int] = [1, 2], m: list[List[str]] = []) -> list[float]": "(l: List(Int) = { 1, 2 }, m: List(List(String)) = {}) -> (value: List(Float))",
    "def f(j: dict, k: Dict[str, Any], l: Any, d: Deep) -> dict": "(j: Json, k: Json, l: Json, d: Json) -> (value: Json)",
    "def f(x: int) -> Score": "(x: Int) -> (report: Report {auc: Float, rows: Int})",
    "def f(x: int) -> Tuple[BaseEstimator, Score]": "(x: Int) -> (model: Model {sklearn}, report: Report {auc: Float, rows: Int})",
    "def f(a: torch.nn.Module, b: Net) -> Net": "(a: Model {torch}, b: Model {torch}) -> (model: Model {torch})",
    "def f(a: tf.keras.Model) -> keras.Sequential": "(a: Model {keras}) -> (model: Model {keras})",
    "def f(a: tf.Module) -> tf.Module": "(a: Model {tensorflow}) -> (model: Model {tensorflow})",
    "def f(a: lgb.Booster, o: onnx.ModelProto) -> lgb.LGBMClassifier": "(a: Model {lightgbm}, o: Model {onnx}) -> (model: Model {lightgbm})",
    "def f(x: int) -> Both": "(x: Int) -> (kept: Table {...}, count: Int)",
    "def f(r: Annotated[pd.DataFrame, 'Table {x: Int}']) -> Annotated[Unknown, 'File']": "(r: Table {x: Int}) -> (file: File)",
    "@zpl.step('(a: Int) -> (b: Int)')\ndef f(a)": "(a: Int) -> (b: Int)",
    "@step(\n    '(a: Int)'\n    ' -> (b: Int)')\ndef f(a: str)": "(a: Int) -> (b: Int)",
    "async def f(*, a: int) -> int": "(a: Int) -> (value: Int)",
}
UNSIGNED = {
    "def f(rows) -> int": "parameter 'rows' has no annotation",
    "def f(a: int)": "it does not say what it returns",
    "def f(a: int) -> None": "it returns None",
    "def f(*a: int) -> int": "it takes '*a'",
    "def f(**k: int) -> int": "it takes '**k'",
    "def f(a: int, /) -> int": "it takes 'a, /'",
    "def f(a: int | str) -> int": "parameter 'a' is one of several types, int | str",
    "import numpy\ndef f(a: numpy.ndarray) -> int": "parameter 'a' is a numpy.ndarray, and a Tensor has elements and dimensions",
    "def f(a: Unknown) -> int": "parameter 'a' is a Unknown, which has no zpl type of its own",
    "def f(a: pd.Dataframe) -> int": "parameter 'a' is a pandas.Dataframe, and zpl knows pandas.DataFrame: did you mean that?",
    "def f(a: int = g()) -> int": "the default of parameter 'a' is no literal",
    "def f(a: int = 1.5) -> int": "the default of parameter 'a' is none of its type",
    "def f(größe: int) -> int": "parameter 'größe' has other letters than a to z",
    "def f(a: int) -> Tuple[int, ...]": "it returns a tuple of any length",
    "def f(a: Optional[pd.DataFrame]) -> int": "parameter 'a' may be None",
    "@zpl.step(SIGNATURE)\ndef f(a: int) -> int": "its @zpl.step(…) is given no text",
}


class Look(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = [Process("look", p) for p in pythons()]

    @classmethod
    def tearDownClass(cls):
        for process in cls.all:
            assert process.close() == 0, process.printed

    def look(self, text, beside=()):
        """The one answer of all versions; identities may differ."""
        more = {"beside": [{"module": m, "text": t} for m, t in beside]} if beside else {}
        answers = [p.ask({"v": VERSION, "text": text, **more}) for p in self.all]
        plain = [{k: v for k, v in a.items() if k != "identity"} for a in answers]
        for other in plain[1:]:
            self.assertEqual(plain[0], other)
        return answers[-1]

    def test_signatures(self):
        for head, signature in SIGNED.items():
            with self.subTest(head):
                answer = self.look(HEAD + head + ": ...\n")
                self.assertEqual((answer["functions"]["f"]["signature"], answer["functions"]["f"]["unsigned"]), (signature, None))

    def test_no_signature(self):
        for head, why in UNSIGNED.items():
            with self.subTest(head):
                answer = self.look(HEAD + head + ": ...\n")["functions"]["f"]
                self.assertIsNone(answer["signature"])
                self.assertTrue(answer["unsigned"].startswith(why), answer["unsigned"])

    def test_classes_of_other_files(self):
        text = ("from .config import Config, Shape as S\nfrom . import out\nimport lib.out as far\nimport pandas as pd\n"
                "def f(rows: pd.DataFrame, c: Config, s: list[S]) -> out.Score: ...\n"
                "def g(c: 'Config | None') -> int: ...\ndef h(n: int) -> far.Parts: ...\ndef k(n: int) -> int: ...\n")
        config = "import dataclasses as d\n@d.dataclass(frozen=True)\nclass Config:\n    x: int = 1\nfrom typing import TypedDict\nclass Shape(TypedDict):\n    y: str\n"
        out = "from dataclasses import dataclass\n@dataclass\nclass Score:\n    auc: float\n    n: int\n"
        parts = "import typing, polars\nclass Parts(typing.NamedTuple):\n    rows: polars.DataFrame\n    n: int\n"
        alone = self.look(text)["functions"]
        self.assertEqual([alone[f]["wants"] for f in "fghk"], [[".config", ".out", "pandas"], [".config"], ["lib.out"], []])
        self.assertEqual([alone[f]["signature"] for f in "fgh"], [None] * 3)
        functions = self.look(text, [(".config", config), (".out", out), ("lib.out", parts)])["functions"]
        self.assertEqual(functions["f"]["signature"], "(rows: Table {...rows}, c: Json, s: Json) -> (report: Report {auc: Float, n: Int})")
        self.assertEqual(functions["h"]["signature"], "(n: Int) -> (rows: Table {...}, n: Int)")
        self.assertIn("may be None", functions["g"]["unsigned"])
        self.assertIsNone(self.look(text, [(".config", "class ("), (".out", out)])["functions"]["f"]["signature"])

    def test_places(self):
        text = "# ü\nasync def f(ü, *, größe: 'int' = 1):\n    yield 1\ndef g():\n    def h(): yield\n"
        answer = self.look(text)["functions"]
        f, g = answer["f"], answer["g"]
        self.assertEqual((f["line"], f["column"], f["async"], f["generator"]), (2, 11, True, True))
        self.assertEqual([(p["name"], p["kind"], p["default"], p["line"], p["column"]) for p in f["params"]],
                         [("ü", "plain", False, 2, 13), ("größe", "plain", True, 2, 19)])
        self.assertEqual((g["generator"], g["async"], list(answer)), (False, False, ["f", "g"]))

    def test_annotations(self):
        text = HEAD + "def f(a: Frame, b: 'Optional[pd.DataFrame]', c: Annotated[int, 'Int 0..'], d: List['int'], e: None | int): ...\n"
        params = self.look(text)["functions"]["f"]["params"]
        self.assertEqual([p["annotation"] for p in params],
                         ["pandas.DataFrame", "pandas.DataFrame | None", 'zpl:"Int 0.."', "list[int]", "int | None"])

    def test_imports(self):
        text = ("import a.b as c, d\nfrom . import e\nfrom ..f import g as h, i\nfrom j import *\n"
                "def f():\n    import k\n    import importlib\n    importlib.import_module('l.m')\n"
                "    importlib.import_module(n)\n    __import__('o')\n")
        answer = self.look(text)
        self.assertEqual([(i["level"], i["module"], i["names"], i["line"]) for i in answer["imports"]],
                         [(0, "a.b", [], 1), (0, "d", [], 1), (1, "", ["e"], 2), (2, "f", ["g", "i"], 3), (0, "j", ["*"], 4),
                          (0, "k", [], 6), (0, "importlib", [], 7), (0, "l.m", [], 8), (0, "o", [], 10)])
        self.assertEqual(answer["dynamic"], [9])
        self.assertEqual(answer["names"]["c"], "a.b")

    def test_identity(self):
        text = "def f(a):\n    return a + 1\n"
        identity = self.look(text)["identity"]
        self.assertEqual(identity, hashlib.sha256(ast.dump(ast.parse(text)).encode()).hexdigest()
                         if pythons()[-1] == sys.executable else identity)
        self.assertEqual(self.look("# said\ndef f( a ):\n\n    return (a+1)  # so\n")["identity"], identity)
        self.assertNotEqual(self.look("def f(a):\n    return a + 2\n")["identity"], identity)
        self.assertNotEqual(self.look("def f(a):\n    'doc'\n    return a + 1\n")["identity"], identity)

    def test_mistakes(self):
        for text in ("def f(:\n", "x = (\n", "a\0b", "(" * 5000, "x" + "-" * 200000 + "1", "def f():\nreturn 1", "\ud800"):
            answers = [p.ask({"v": VERSION, "text": text}) for p in self.all if "\ud800" not in text]
            for answer in answers:
                self.assertGreaterEqual(answer["error"]["line"], 1, text[:20])
                self.assertTrue(answer["error"]["message"])
        self.assertNotIn("error", self.look(""))
        self.assertNotIn("error", self.look("x = " + "1 + " * 900 + "1\n"))

    def test_facts(self):
        for process in self.all:
            facts = process.ask({"v": VERSION, "facts": True})
            self.assertEqual(facts["implementation"], "cpython")
            self.assertTrue(os.path.isabs(facts["executable"]))
            self.assertLessEqual({"json", "os", "sys", "_thread", "typing", "ctypes", "email"}, set(facts["stdlib"]))
            self.assertFalse({"numpy", "pandas", "pip", "zpl", "site-packages"} & set(facts["stdlib"]))
            self.assertTrue(all("site-packages" in s or "dist-packages" in s for s in facts["site"]), facts["site"])

    def test_packages(self):
        import importlib.metadata as metadata

        process = Process("look")
        answer = process.ask({"v": VERSION, "packages": ["pandas", "sklearn", "xgboost", "json", "surely_not_there"]})
        process.close()
        self.assertEqual(answer["missing"], ["surely_not_there"])
        self.assertLessEqual({"pandas", "scikit-learn", "numpy", "python-dateutil", "scipy"}, set(answer["packages"]))
        self.assertNotIn("pyarrow", answer["packages"])
        for name, about in answer["packages"].items():
            self.assertEqual(about["version"], metadata.version(name))

    def test_version(self):
        self.assertIn("another version", self.all[0].ask({"v": 99, "text": ""})["error"]["message"])


if __name__ == "__main__":
    unittest.main()
