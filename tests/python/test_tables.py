"""test_tables.py - tables of pandas, and of pyarrow, go out and come back as they were.      Time limit: 200 s"""
import datetime as dt
import decimal
import io
import math
import os
import pathlib
import random
import tempfile
import unittest

import process  # noqa: F401 - finds the package
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from zpl import _tables, _tensors
from zpl._errors import StepError
from zpl._types import parse

UTC = dt.timezone.utc


def moment(r):
    return dt.datetime(1900, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=r.randrange(10**16))


def day(r):
    return dt.date(1900, 1, 1) + dt.timedelta(days=r.randrange(80000))


def text(r):
    return "".join(r.choice("aä€\U0001f600 \n\0'\"") for _ in range(r.randrange(8)))


def json_value(r, depth=0):
    make = r.choice([lambda: r.randrange(-(2**63), 2**63), lambda: r.random(), lambda: text(r), lambda: None, lambda: True,
                     lambda: [json_value(r, depth + 1)], lambda: {text(r): json_value(r, depth + 1)}])
    return make() if depth < 4 else 0


# type: how a value is made, how the column is made of values without a null, and with some.
KINDS = {
    "Int": (lambda r: r.randrange(-(2**63), 2**63), lambda v: pd.Series(v, dtype="int64"), lambda v: pd.Series(v, dtype="Int64")),
    "Float": (lambda r: r.choice([r.gauss(0, 1e9), 0.0, float("inf"), 5e-324]), lambda v: pd.Series(v, dtype="float64"), None),
    "Bool": (lambda r: r.random() < 0.5, lambda v: pd.Series(v, dtype="bool"), lambda v: pd.Series(v, dtype="boolean")),
    "String": (text, lambda v: pd.Series(v, dtype="str" if pd.__version__ >= "3" else "string"), None),
    "Bytes": (lambda r: bytes(r.randrange(256) for _ in range(r.randrange(5))), lambda v: pd.Series(v, dtype=object), None),
    "Timestamp": (moment, lambda v: pd.Series(v, dtype="datetime64[us, UTC]"), None),
    "Date": (day, lambda v: pd.Series(v, dtype=object), None),
    'Enum {"x", "y", "z"}': (lambda r: r.choice("xy"), lambda v: pd.Series(pd.Categorical(v, categories=["x", "y", "z"])), None),
    "Json": (lambda r: json_value(r) or 0, lambda v: pd.Series(v, dtype=object), None),
    "List(Int)": (lambda r: [r.choice([None, r.randrange(100)]) for _ in range(r.randrange(4))], lambda v: pd.Series(v, dtype=object), None),
    "List(List(Timestamp))": (lambda r: [[moment(r)], [], None][: r.randrange(4)], lambda v: pd.Series(v, dtype=object), None),
    "List(String)": (lambda r: [text(r)] * r.randrange(3), lambda v: pd.Series(v, dtype=object), None),
}


class Tables(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="zpl-python-")
        self.path = os.path.join(self.folder.name, "t.parquet")

    def tearDown(self):
        self.folder.cleanup()

    def through(self, frame, kind, library="pandas", columns=None):
        _tables.write(frame, parse(kind), self.path, "output 'rows'")
        return _tables.read(self.path, columns, parse(kind), library, 1)

    def frame(self, r, kinds, rows, nulls):
        series = {}
        for i, kind in enumerate(kinds):
            make, whole, nullable = KINDS[kind]
            values = [None if nulls and r.random() < 0.3 else make(r) for _ in range(rows)]
            some = any(v is None for v in values)
            series["c %d" % i] = (nullable if some and nullable else whole)(values)
        return pd.DataFrame(series, index=pd.RangeIndex(rows))

    def test_round_trips(self):
        r = random.Random(7)
        for seed in range(60):
            kinds = r.sample(list(KINDS), r.randrange(1, len(KINDS)))
            declared = "Table {%s}" % ", ".join('"c %d": %s' % pair for pair in enumerate(kinds))
            frame = self.frame(r, kinds, r.choice([0, 1, 2, 17, 300]), seed % 2)
            with self.subTest(declared, rows=len(frame)):
                back = self.through(frame, declared)
                pd.testing.assert_frame_equal(back, frame, check_exact=True)
                arrow = _tables.read(self.path, None, parse(declared), "pyarrow", 1)
                again = self.through(arrow, declared)
                pd.testing.assert_frame_equal(again, frame, check_exact=True)
                polar = _tables.read(self.path, None, parse(declared), "polars", 1)
                self.assertIsInstance(polar, pl.DataFrame)
                again = self.through(polar, declared)
                pd.testing.assert_frame_equal(again, frame, check_exact=True)

    # ---- Tensors ----

    DTYPES = {"f32": "f4", "f64": "f8", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "u8": "u1", "u16": "u2", "u32": "u4",
              "u64": "u8", "bool": "?"}

    def same_arrays(self, series, block, there):
        self.assertEqual([v is not None for v in series], list(there))
        rows = [v for v in series if v is not None]
        for i, v in enumerate(rows):
            self.assertEqual((v.dtype, v.shape), (block.dtype, block.shape[1:]))
            self.assertEqual(v.tobytes(), block[i].tobytes())  # -0.0 and the bits of a NaN too

    def test_tensors(self):
        r = np.random.default_rng(7)
        for seed in range(40):
            name = sorted(self.DTYPES)[seed % len(self.DTYPES)]
            dtype = np.dtype(self.DTYPES[name])
            shape = tuple(int(d) for d in r.integers(1, 5, r.integers(0, 4)))
            rows = int(r.choice([0, 1, 2, 300]))
            block = np.frombuffer(r.bytes(rows * int(np.prod(shape)) * dtype.itemsize), "u1")
            block = (block % 2 if name == "bool" else block).view(dtype).reshape((rows, *shape))
            there = [seed % 2 == 0 or bool(r.random() < 0.7) for _ in range(rows)]
            values = np.empty(rows, object)
            for i in range(rows):
                values[i] = block[i] if there[i] else None
            block = block[np.array(there, bool)]
            declared = "Table {x: Tensor %s[%s], n: Int}" % (name, ", ".join(map(str, shape)))
            with self.subTest(declared, rows=rows):
                frame = pd.DataFrame({"x": pd.Series(values, dtype=object), "n": pd.Series(range(rows), dtype="int64")})
                self.same_arrays(self.through(frame, declared).x, block, there)
                for library in ("pyarrow", "polars"):
                    other = _tables.read(self.path, None, parse(declared), library, 1)
                    self.assertEqual(len(other), rows)
                    _tables.write(other, parse(declared), self.path, "output 'rows'")
                    back = _tables.read(self.path, None, parse(declared), "pandas", 1)
                    self.same_arrays(back.x, block, there)

    def test_tensors_in_other_libraries(self):
        block = np.arange(24, dtype="f4").reshape(2, 3, 4)
        frame = pd.DataFrame({"x": pd.Series(list(block), dtype=object)})
        _tables.write(frame, parse("Table {x: Tensor f32[3, 4]}"), self.path, "output 'rows'")
        kind = parse("Table {x: Tensor f32[3, 4]}")
        self.assertEqual(_tables.read(self.path, None, kind, "polars", 1).schema["x"], pl.Array(pl.Float32, (3, 4)))
        arrow = _tables.read(self.path, None, kind, "pyarrow", 1)
        self.assertEqual(arrow.schema.field("x").type, pa.fixed_shape_tensor(pa.float32(), (3, 4)))
        np.testing.assert_array_equal(arrow["x"].combine_chunks().to_numpy_ndarray(), block)
        views = _tables.read(self.path, None, kind, "pandas", 1).x
        views[0][1, 2] = 100  # a step may change what it is given
        self.assertTrue(views[0].base is not None and views[0].base is views[1].base)

    def test_tensors_of_many_makes(self):
        class Torch:  # as torch.Tensor is seen
            def __init__(self, array):
                self.array = array

            detach = cpu = resolve_conj = resolve_neg = lambda self: self
            numpy = lambda self: self.array

        Torch.__module__ = "torch"
        ones = np.ones((2, 3), "f4")
        makes = [ones, Torch(ones), ones.tolist(), [[1, 1, 1], (1, 1, 1)], ones.astype("f8"), ones.astype("i8"), ones.astype(">f4"),
                 np.asfortranarray(ones), ones[::-1, ::-1], np.ma.MaskedArray(ones), ones.astype("f2")]
        frame = pd.DataFrame({"x": pd.Series(makes, dtype=object)})
        back = self.through(frame, "Table {x: Tensor f32[2, 3]}")
        self.same_arrays(back.x, np.stack([ones] * len(makes)), [True] * len(makes))
        nearest = self.through(pd.DataFrame({"x": [[0.1, float("nan")]]}), "Table {x: Tensor f32[n]}").x[0]
        self.assertEqual(nearest.tolist()[0], np.float32(0.1))  # a number of Python's is as one of JSON's
        for lists in (pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 6)):
            table = pa.table({"x": pa.array([[1.0] * 6, None, [2.0] * 6], lists)})
            back = self.through(table, "Table {x: Tensor f32[2, 3]}")
            self.same_arrays(back.x, np.stack([ones, ones * 2]), [True, False, True])
        nested = pa.table({"x": pa.array([[[1, 1, 1], [1, 1, 1]]], pa.list_(pa.list_(pa.int64())))})
        self.same_arrays(self.through(nested, "Table {x: Tensor f32[2, 3]}").x, ones[None], [True])

    def test_tensors_that_are_none(self):
        f4 = lambda *shape: np.zeros(shape, "f4")
        kinds = {"f32[2, 3]": [
            ([f4(2, 3), f4(3, 2)], r"row 2 of column 'x' of output 'rows' has the shape \[3, 2\], and Tensor f32\[2, 3\] is declared: .reshape\(2, 3\)"),
            ([f4(6)], r"row 1 .* \[6\].*reshape"),
            ([f4()], r"has the shape \[\]"),
            ([[[1, 2, 3], [1, 2]]], "row 1 of column 'x' of output 'rows' is ragged"),
            ([[[1, 2, "a"], [1, 2, 3]]], "holds texts"),
            ([np.full((2, 3), 0.1)], r"holds 0.1 \(dtype float64\), which no f32 is equal to: .astype\('float32'\) rounds"),
            ([np.full((2, 3), 2**53 + 1)], "which no f32 is equal to"),
            ([f4(2, 3).astype(complex)], r"holds complex numbers \(dtype complex128\)"),
            ([np.zeros((2, 3), [("a", "f4")])], "holds fields of a structure"),
            ([np.full((2, 3), None)], "holds objects"),
            ([f4(2, 3) > 0], r"is of bool, and Tensor f32\[2, 3\] is declared: .astype\('float32'\)"),
            ([np.ma.MaskedArray(f4(2, 3), mask=True)], "has masked values, and a Tensor has no nulls"),
            ([b"png"], r"is a bytes, and Tensor f32\[2, 3\] is declared"),
            ([np.datetime64("2024-01-01")], "holds moments"),
            ([{1}], "is a set"),
            ([f4(0, 3)], r"has the shape \[0, 3\]"),
        ], "f32[n]": [([f4(2), f4(3)], r"row 2 .* has the shape \[3\], and the rows before it \[2\]")],
            "u8[3, 2, 2]": [
            ([np.zeros((2, 2, 3), "u1")], r"has the shape \[2, 2, 3\], and Tensor u8\[3, 2, 2\] is declared: np.asarray\(image\).transpose\(2, 0, 1\)"),
            ([np.full((3, 2, 2), 256)], r"holds 256 \(dtype int64\), which no u8 is equal to: .astype\('uint8'\) cuts"),
            ([np.full((3, 2, 2), -1)], "holds -1"),
            ([np.full((3, 2, 2), 0.5)], "holds 0.5"),
            ([np.full((3, 2, 2), np.nan)], "holds nan"),
        ], "i64[1]": [([np.array([2**63], "u8")], "no i64"), ([np.array([2.0**63])], "no i64")],
            "u64[1]": [([np.array([-1])], "holds -1"), ([np.array([1e20])], "no u64")]}
        for declared, cases in kinds.items():
            for values, words in cases:
                with self.subTest(declared + " " + words), self.assertRaisesRegex(StepError, words):
                    series = pd.Series([None] * len(values), dtype=object)
                    for i, v in enumerate(values):
                        series.iat[i] = v
                    self.through(pd.DataFrame({"x": series}), "Table {x: Tensor %s}" % declared)
        arrows = [(pa.array([[1.0, 2.0], [1.0]]), "row 2 .* has a list of 1 values, where those before it have 2"),
                  (pa.array([[1.0, 2.0], [1.0, None]]), "row 2 .* has a null among its values"),
                  (pa.array([[1.0, 2.0, 3.0]]), r"has the shape \[3\]"), (pa.array([[0.1, 0.2]]), "which no f32 is equal to"),
                  (pa.array([["a", "b"]]), "holds objects"),
                  (pa.array([[[1, 2], None], [[1, 2], [3, 4]]], pa.list_(pa.list_(pa.float32(), 2), 2)), "a null among its values")]
        for array, words in arrows:
            with self.subTest(words), self.assertRaisesRegex(StepError, words):
                self.through(pa.table({"x": array}), "Table {x: Tensor f32[2]}")

    def test_tensors_as_files(self):
        path = os.path.join(self.folder.name, "x.npy")
        kind = parse("Tensor f32[n, 3]")
        block = np.asfortranarray(np.arange(12, dtype="f4").reshape(4, 3))
        _tensors.save(block, kind, path, "output 'x'")
        with open(path, "rb") as f:
            kept = f.read()
        np.testing.assert_array_equal(np.load(path), block)
        _tensors.save(block.tolist(), kind, path, "output 'x'")
        with open(path, "rb") as f:
            self.assertEqual(f.read(), kept)
        back = _tensors.load(path, kind, np.ndarray)
        back[0, 0] = 1
        _tensors.save(np.array([0, 255, 1], "u1").view("?")[::-1], parse("Tensor bool[n]"), path, "output 'x'")
        self.assertEqual(_tensors.load(path, parse("Tensor bool[n]"), None).tobytes(), b"\1\1\0")
        for value, words in ((block.T, r"has the shape \[3, 4\]"), (None, "is None"), (block > 0, "is of bool"), ("x", "is a str")):
            with self.assertRaisesRegex(StepError, words):
                _tensors.save(value, kind, path, "output 'x'")
        with self.assertRaisesRegex(StepError, "'n' is one number"):
            _tensors.save(np.zeros((2, 3)), parse("Tensor f64[n, n]"), path, "output 'x'")

    def test_columns_that_are_seen(self):
        frame = pd.DataFrame({"a": [1], "b": ["x"], "c": [True]})
        back = self.through(frame, "Table {a: Int, b: String, c: Bool}", columns=["c", "a"])
        self.assertEqual(set(back.columns), {"a", "c"})

    def test_order_and_index(self):
        frame = pd.DataFrame({"b": [1.5, 2.5]}, index=pd.Index([7, 8], name="a"))
        self.assertEqual(self.through(frame, "Table {a: Int, b: Float}").to_dict("list"), {"a": [7, 8], "b": [1.5, 2.5]})
        self.assertEqual(self.through(frame, "Table {b: Float}").to_dict("list"), {"b": [1.5, 2.5]})
        levels = pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", "n"]))
        self.assertEqual(self.through(levels, "Table {v: Int, n: Int, k: String}").to_dict("list"),
                         {"v": [1, 2], "n": [1, 2], "k": ["x", "y"]})

    def test_dtypes_that_fit(self):
        n = pd.DataFrame
        cases = [
            ("Int", n({"c": np.array([1, 2], "uint8")}), [1, 2]),
            ("Int", n({"c": [1.0, None]}), [1, None]),
            ("Float", n({"c": np.array([1, 2], "int32")}), [1.0, 2.0]),
            ("Float", n({"c": np.array([0.5, 2], "float16")}), [0.5, 2.0]),
            ("Float", n({"c": pd.array([0.5, None], "Float32")}), [0.5, None]),
            ("Float", n({"c": [2**60]}), [float(2**60)]),
            ("String", n({"c": pd.Categorical(["a", "b", "a"])}), ["a", "b", "a"]),
            ("String", n({"c": [None, None]}), [None, None]),
            ("Bool", n({"c": pd.Series([True, None], dtype=object)}), [True, None]),
            ("Timestamp", n({"c": pd.to_datetime(["2024-07-01 12:00"]).tz_localize("Europe/Berlin")}), [dt.datetime(2024, 7, 1, 10)]),
            ("Timestamp", n({"c": np.array(["2024-01-01"], "datetime64[ns]")}), [dt.datetime(2024, 1, 1)]),
            ("Timestamp", n({"c": [dt.date(2024, 1, 1)]}), [dt.datetime(2024, 1, 1)]),
            ("Date", n({"c": pd.to_datetime(["2024-01-01"])}), [dt.date(2024, 1, 1)]),
            ("List(Float)", n({"c": [np.array([1, 2]), np.array([]), None]}), [[1.0, 2.0], [], None]),
            ("List(List(Float))", n({"c": [np.ones((2, 1))]}), [[[1.0], [1.0]]]),
            ("Int", n({"c": pd.array([1, None], "Int64[pyarrow]")}), [1, None]),
            ("String", n({"c": [np.nan, np.nan]}), [None, None]),
            ("Int", n({"c": pd.Series([], dtype=object)}), []),
            ("Float", n({"c": [decimal.Decimal("1.5"), None]}), [1.5, None]),
            ("Timestamp", n({"c": pd.array([dt.datetime(2024, 1, 1)], "timestamp[ns][pyarrow]")}), [dt.datetime(2024, 1, 1)]),
            ("Int", n({"c": pd.arrays.SparseArray([0, 0, 1])}), [0, 0, 1]),
            ("Float", pl.DataFrame({"c": [1.5, None]}).lazy(), [1.5, None]),
            ("String", pl.DataFrame({"c": pl.Series(["b", "a"], dtype=pl.Categorical)}), ["b", "a"]),
            ("Timestamp", pl.DataFrame({"c": [dt.datetime(2024, 7, 1, 12)]}).select(pl.col("c").dt.replace_time_zone("Europe/Berlin")),
             [dt.datetime(2024, 7, 1, 10)]),
            ("Int", pa.table({"c": pa.array([1, 2], pa.int16())}), [1, 2]),
            ("String", pa.table({"c": pa.array(["a"], pa.string_view())}), ["a"]),
            ("String", pa.table({"c": pa.array(["a"]).dictionary_encode()}), ["a"]),
            ("List(Int)", pa.table({"c": pa.array([[1, 2]], pa.list_(pa.int32(), 2))}), [[1, 2]]),
            ("List(Int)", pa.table({"c": pa.array([[0], [1, 2], None, [3]], pa.list_(pa.int64())).slice(1)}), [[1, 2], None, [3]]),
            ("List(Int)", pa.table({"c": pa.array([[0], [1, 2], None, [3]], pa.list_view(pa.int64())).slice(1)}), [[1, 2], None, [3]]),
            ("Int", pa.table({"c": pa.RunEndEncodedArray.from_arrays([2, 3], [7, 8])}), [7, 7, 8]),
            ("Bytes", pa.table({"c": pa.array([b"a", b"\xff\0"], pa.binary_view())}), [b"a", b"\xff\0"]),
            ("Json", pa.table({"c": pa.array(['{"a": 1}', None]).dictionary_encode()}), ['{"a": 1}', None]),
            ("Json", pl.DataFrame({"c": pl.Series(["[1]"], dtype=pl.Categorical)}), ["[1]"]),
            # of numbers the equal one, or the nearest to the digits
            ("Float", n({"c": [decimal.Decimal(t) for t in ("0.3", "1.005", "123456789.123456789", "12345678901234567.89")]}),
             [0.3, 1.005, 123456789.123456789, 12345678901234567.89]),
            ("Float", n({"c": [decimal.Decimal(2**60), decimal.Decimal("NaN")]}), [2.0**60, None]),
            ("Float", n({"c": pd.Series([np.array(0.5), np.float32(1), np.ma.masked], dtype=object)}), [0.5, 1.0, None]),
            ("List(Float)", n({"c": [[decimal.Decimal("0.3")]]}), [[0.3]]),
            ("Float", n({"c": np.array([0.1, 1.5], ">f8")}), [0.1, 1.5]),
            ("Float", n({"c": np.array([0.5, np.nan], "longdouble")}), [0.5, None]),
            ("Int", n({"c": pd.Series([np.uint8(5), 7, None], dtype=object)}), [5, 7, None]),
            # the day that it is in its own zone
            ("Date", n({"c": pd.to_datetime(["2024-07-01", "2024-01-01"]).tz_localize("Europe/Berlin")}), [dt.date(2024, 7, 1), dt.date(2024, 1, 1)]),
            # what stands in lists
            ("List(Timestamp)", n({"c": [np.array(["2024-01-01"], "M8[s]"), np.array(["2024-01-02", "NaT"], "M8[D]")]}),
             [[dt.datetime(2024, 1, 1)], [dt.datetime(2024, 1, 2), None]]),
            ("List(Timestamp)", n({"c": [[pd.Timestamp("2024-01-01", tz="Asia/Tokyo")]]}), [[dt.datetime(2023, 12, 31, 15)]]),
            ("List(Int)", n({"c": [[1.0, math.nan], np.array([2.0, math.nan])]}), [[1, None], [2, None]]),
            ("List(String)", n({"c": [["a", math.nan]]}), [["a", None]]),
            ("List(Int)", n({"c": [np.ma.array([2, 3], mask=[0, 1]), np.array([4], ">i4"), [pd.NA, 5.0]]}), [[2, None], [4], [None, 5]]),
            ("List(List(Int))", n({"c": pd.Series([np.matrix([[1, 2]]), [np.array([3]), None]])}), [[[1, 2]], [[3], None]]),
            ("List(Int)", n({"c": pd.Series([pd.Series([1, 2]), (3,)], dtype=object)}), [[1, 2], [3]]),
            ("Path", n({"c": [pathlib.Path("a/b"), None]}), ["a/b", None]),
            ("Int", type("Own", (pd.DataFrame,), {})({"c": [1]}), [1]),
        ]
        for kind, frame, values in cases:
            with self.subTest(kind, frame=str(frame)[:60]):
                _tables.write(frame, parse("Table {c: %s}" % kind), self.path, "output 'rows'")
                self.assertEqual(pq.read_table(self.path)["c"].to_pylist(), values)

    def test_nan_in_lists(self):
        """There it is no null, as it is in a column of Floats."""
        for declared in ("Table {c: List(Float)}", "Table {...}"):
            for rows in ([[1.0, math.nan, None]], [np.array([1.0, math.nan])], [[math.nan], None, math.nan]):
                _tables.write(pd.DataFrame({"c": pd.Series(rows, dtype=object)}), parse(declared), self.path, "x")
                wanted = [None if isinstance(v, float) else v if v is None else np.array(v, object).tolist() for v in rows]
                self.assertEqual(repr(pq.read_table(self.path)["c"].to_pylist()), repr(wanted))

    def test_dates_that_python_has_not(self):
        _tables.write(pa.table({"c": pa.array([10**7], pa.date32())}), parse("Table {c: Date}"), self.path, "x")
        with self.assertRaisesRegex(StepError, "no date of Python's is .*: annotate it as a pyarrow.Table"):
            _tables.read(self.path, None, parse("Table {c: Date}"), "pandas", 1)
        self.assertEqual(len(_tables.read(self.path, None, parse("Table {c: Date}"), "pyarrow", 1)), 1)

    def test_sparse_of_no_declared_column(self):
        _tables.write(pd.DataFrame({"c": pd.arrays.SparseArray([0.0, 2.5])}), parse("Table {...}"), self.path, "x")
        self.assertEqual(pq.read_table(self.path)["c"].to_pylist(), [0.0, 2.5])

    def test_what_can_not_be(self):
        n = pd.DataFrame
        f = n({"c": [1, 2]})
        twice = pd.concat([f, f], axis=1)
        cases = [
            ("Table {c: Int}", twice, "two columns 'c'"),
            ("Table {c: Int}", f.assign(C=1), "columns 'c' and 'C', which SQL can't tell apart"),
            ("Table {c: Int}", f.assign(d=1), "has a column 'd' that is not declared"),
            ("Table {c: Int, d: Int}", f, "has no column 'd'; it has 'c'"),
            ("Table {c: Int}", f.rename(columns={"c": 0}), "a column named 0 (int): names are texts"),
            ("Table {}", f[[]], "has no columns"),
            ("Table {c: Int}", pd.DataFrame({"c": ["1"]}), "is String, and Int is declared"),
            ("Table {c: Int}", pd.DataFrame({"c": [0, 0.5]}), "holds 0.5 (row 2), which is no Int"),
            ("Table {c: Int}", pd.DataFrame({"c": [True]}), "is Bool, and Int is declared"),
            ("Table {c: Int}", pd.DataFrame({"c": np.array([2**63], "uint64")}), "holds 9223372036854775808 (row 1), which is no Int"),
            ("Table {c: Int}", pd.DataFrame({"c": [2**70]}), "does not fit an Int"),
            ("Table {c: Int}", pd.DataFrame({"c": [1, "x"]}), "mixes int (row 1) and str (row 2)"),
            ("Table {c: String}", pd.DataFrame({"c": ["x", 1.5]}), "mixes str (row 1) and float (row 2)"),
            ("Table {c: Float}", pd.DataFrame({"c": [2**53 + 1]}), "which no Float is equal to"),
            ("Table {c: Bool}", f, "is Int, and Bool is declared"),
            ("Table {c: Timestamp}", pd.DataFrame({"c": pd.to_datetime([0, 1], unit="ns")}), "has nanoseconds (row 2)"),
            ("Table {c: Date}", pd.DataFrame({"c": pd.to_datetime(["2024-01-01 01:00"])}), "has a time of day"),
            ("Table {c: Timestamp}", pd.DataFrame({"c": pd.to_timedelta([1])}), "holds durations, which no column does"),
            ("Table {c: List(Int)}", f, "is Int, and List(Int) is declared"),
            ("Table {c: List(Int)}", pd.DataFrame({"c": [["a"]]}), "an item of column 'c' of output 'rows' is String, and Int is declared"),
            ("Table {c: Json}", pd.DataFrame({"c": [object()]}), "row 1 of column 'c' of output 'rows' holds an object"),
            ("Table {...}", pd.DataFrame({"c": [1j]}), "holds complex numbers, which no column does"),
            ("Table {c: String}", pd.DataFrame({"c": pd.cut(pd.Series([1.0, 2.0]), 2)}), "holds intervals, which no column does"),
            ("Table {...}", pd.DataFrame({"c": pd.arrays.IntervalArray.from_breaks([0, 1])}), "holds intervals, which no column does"),
            ("Table {...}", pd.DataFrame({"c": [{"a": 1}]}), "holds records, which no column does"),
            ("Table {...}", pl.DataFrame({"c": [dt.timedelta(1)]}), "holds durations, which no column does"),
            ("Table {...}", pd.DataFrame({"c": [None]}), "holds only nulls"),
            ("Table {...}", pd.DataFrame({"c": [dt.time(1)]}), "holds times of day, which no column does"),
            ("Table {c: Timestamp}", pd.DataFrame({"c": pd.period_range("2024", periods=1, freq="M")}), "holds periods, which no column does"),
            ("Table {c: Int}", np.zeros(2, [("c", "i8")]), "is a numpy.ndarray, and Table is declared"),
            ("Table {c: Int}", pl.DataFrame({"c": ["x"]}), "is String, and Int is declared"),
            ("Table {c: Int}", [1], "is a list, and Table is declared"),
            ("Table {c: Timestamp}", n({"c": pd.Series([pd.Timestamp(1)], dtype=object)}), "row 1 of column 'c' of output 'rows' is 1970-01-01 00:00:00.000000001, and a Timestamp keeps microseconds"),
            ("Table {...}", n({"c": pd.Series([pd.Timestamp(1)], dtype=object)}), "a Timestamp keeps microseconds"),
            ("Table {c: List(Timestamp)}", n({"c": [[pd.Timestamp(1)]]}), "a Timestamp keeps microseconds"),
            ("Table {c: List(Timestamp)}", n({"c": [np.array([1], "M8[ns]")]}), "a Timestamp keeps microseconds"),
            ("Table {c: Timestamp}", n({"c": np.array(["300000-01-01"], "M8[s]")}), "beyond what a Timestamp can be"),
            ("Table {c: List(Int)}", n({"c": [[1.5]]}), "holds 1.5 (row 1), which is no Int"),
            ("Table {c: List(Date)}", n({"c": [[dt.datetime(2024, 1, 1, 5)]]}), "has a time of day"),
            ("Table {c: List(Date)}", n({"c": [[dt.datetime(2024, 1, 1)], [dt.date(2024, 1, 1)]]}), "mixes datetime in a list (row 1) and date in a list (row 2)"),
            ("Table {c: List(List(Int))}", n({"c": [[np.array(["2024"], "M8[us]")], [np.array([])]]}), "is Timestamp, and Int is declared"),  # on which pyarrow crashes
            ("Table {c: List(List(Int))}", n({"c": [[np.array(["2024"], "M8[us]")], [np.array([1.0])]]}), "mixes datetime64 in a list (row 1) and float64 in a list (row 2)"),
            ("Table {c: Float}", n({"c": pd.Series([np.array(1.0), np.datetime64("2024")], dtype=object)}), "mixes"),
            ("Table {c: List(String)}", n({"c": pd.Series([io.BytesIO()], dtype=object)}), "holds _io.BytesIO"),
            ("Table {c: List(Int)}", n({"c": [{1, 2}]}), "row 1 of column 'c' of output 'rows' is a set, whose items have no order"),
            ("Table {c: String}", n({"c": [b"abc"]}), "is Bytes, and String is declared"),
            ("Table {c: String}", n({"c": pd.Categorical(pd.Series(["\ud800"], dtype=object))}), "a text that is no UTF-8"),
            ("Table {c: Float}", n({"c": [decimal.Decimal(2**60 + 1)]}), "which no Float is equal to"),
            ("Table {c: Float}", n({"c": np.array([1], "longdouble") / 3}), "which no Float is equal to"),
            ("Table {c: Bytes}", pl.DataFrame({"c": pl.Series([object()], dtype=pl.Object)}), "column 'c' of output 'rows' holds objects, which no column does"),
            ("Table {c: Float}", pl.from_arrow(pa.table({"c": pa.array([], pa.decimal256(40, 2))})), "has a column that polars can't give to Arrow"),
            ("Table {c: Int}", pl.DataFrame({"c": pl.Series([5], dtype=pl.Int128)}), "column 'c' of output 'rows' holds Int128: .cast(pl.Int64)"),
            ("Table {...}", pl.DataFrame({"c\0": [5]}), "no name has a NUL"),
            ("Table {...}", n([[1]], columns=pd.Index(["\ud800"], dtype=object)), "a column named '\\ud800', which is no UTF-8"),
            ("Table {k: Int, c: Int}", n({"c": [1]}, pd.MultiIndex.from_arrays([[1], [2]], names=["k", "k"])), "has two levels 'k' in its index"),
            ("Table {c: Int}", f["c"], "is a pandas.Series, and Table is declared"),
        ]
        for kind, frame, words in cases:
            with self.subTest(words):
                with self.assertRaises(StepError) as raised:
                    _tables.write(frame, parse(kind), self.path, "output 'rows'")
                self.assertIn(words, str(raised.exception))

    def test_same_bytes(self):
        r = random.Random(3)
        frame = self.frame(r, list(KINDS), 50, True)
        kind = parse("Table {%s}" % ", ".join('"c %d": %s' % pair for pair in enumerate(KINDS)))
        _tables.write(frame, kind, self.path, "x")
        with open(self.path, "rb") as f:
            first = f.read()
        _tables.write(frame.copy(), kind, self.path, "x")
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), first)


if __name__ == "__main__":
    unittest.main()
