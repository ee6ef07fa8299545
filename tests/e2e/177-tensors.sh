# Tensors from end to end: columns read from lists of every make, through split, SQL, Lua, commands and Python in
# three libraries, shown, exported and compared; dimensions that params and inputs say; what is no such Tensor is told with row,
# column and shapes; a value of 100 MB; the same bytes whichever way rows came.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle

cat >make.py <<'T'
import json
import numpy as np, pyarrow as pa, pyarrow.parquet as pq

r = np.random.default_rng(1)
n = 3000
x = r.random((n, 6), dtype=np.float32)
x[3, 2], x[4, 1] = np.nan, -0.0
im = r.integers(0, 256, (n, 2, 3), dtype=np.uint8)
labels = [str(i % 3) for i in range(n)]
np.save("x.npy", x)
np.save("im.npy", im)
nested = pa.array(im.tolist(), pa.list_(pa.list_(pa.uint8())))
makes = {"list": pa.array(x.tolist(), pa.list_(pa.float32())), "large": pa.array(x.tolist(), pa.large_list(pa.float64())),
         "fixed": pa.FixedSizeListArray.from_arrays(pa.array(x.reshape(-1)), 6)}
for name, column in makes.items():
    pq.write_table(pa.table({"id": list(range(n)), "x": column, "im": nested, "y": labels}), name + ".parquet", row_group_size=700)
with open("list.jsonl", "w") as f:
    for i in range(10, 20):
        f.write(json.dumps({"x": [float(v) for v in x[i]], "im": im[i].tolist(), "flat": im[i].reshape(-1).tolist()}) + "\n")
bad = im[:20].tolist()
bad[16][1] = [1, 2]
pq.write_table(pa.table({"im": pa.array(bad, pa.list_(pa.list_(pa.uint8())))}), "ragged.parquet")
pq.write_table(pa.table({"x": pa.array([[1.0, 2.0], [1.0], None])}), "short.parquet")
pq.write_table(pa.table({"x": pa.array([[1.0, 2.0], [1.0, 2.0], None])}), "gap.parquet")
pq.write_table(pa.table({"x": pa.array([[1.0, 2.0], [1.0, None]])}), "null.parquet")
pq.write_table(pa.table({"x": pa.array([[1.0, 2.0], [1.0, 0.1]])}), "round.parquet")
T
python3 make.py

cat >steps.py <<'T'
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa


def double(rows: pd.DataFrame) -> pd.DataFrame:
    assert rows.im[0].shape == (2, 3) and rows.im[0].dtype == np.uint8 and rows.x[0].dtype == np.float32
    return rows.assign(x=list(np.stack(rows.x) * 2))


def same(rows: pl.DataFrame) -> pl.DataFrame:
    assert rows.schema["im"] == pl.Array(pl.UInt8, (2, 3)), rows.schema
    return rows


def again(rows: pa.Table) -> pa.Table:
    assert rows.schema.field("im").type == pa.fixed_shape_tensor(pa.uint8(), (2, 3)), rows.schema
    return rows


def load(n: int, size: int) -> pd.DataFrame:
    images = [np.full((3, size, size), i + 1, "u1") for i in range(n)]
    return pd.DataFrame({"image": images, "label": [str(i) for i in range(n)]})


def mean(rows: pd.DataFrame) -> float:
    return float(np.mean([v.mean() for v in rows.image]))
T
cat >p.zpl <<'P'
local Row = Table { id = Int, x = Tensor "f32[6]", im = Tensor "u8[2, 3]", y = Enum { "0", "1", "2" } }
local rows  = parquet.read { "list.parquet", type = Row }
local large = parquet.read { "large.parquet", type = Row, as = "large" }
local fixed = parquet.read { "fixed.parquet", type = Row, as = "fixed" }
local train, test = split { rows, ratio = 0.8, stratify = "y", seed = 7 }
local sums = sql { [[ SELECT id, x AS kept, im, list_dot_product(x, x) AS s, list_transform(x, lambda e: e + 1) AS more FROM test ]], as = "sums" }
local made = step "made" { inputs = { q = Table { id = Int, kept = Tensor "f32[n]" } },
  outputs = { out = Table { id = Int, z = Tensor "f32[n]", k = Tensor "u8[2]" } },
  sql = [[ SELECT id, list_transform(kept, lambda e: e * 2) AS z, [1, id % 200] AS k FROM q ]] }
local lua = step "lua" { signature = "(q: Table {z: Tensor f32[n], k: Tensor u8[2]}) -> (out: Table {z: Tensor f32[n], third: Tensor f32[n], b: Tensor bool[1]})",
  lua = function (t)
    local z, third, b = {}, {}, {}
    for r = 1, #t.q do
      z[r], third[r], b[r] = t.q.z[r], {}, { t.q.k[r][2] > 100 }
      for k = 1, #z[r] do third[r][k] = z[r][k] / 3 end
    end
    return { z = z, third = third, b = b }
  end }
local copy = step "copy" { signature = "(rows: Table {...r}) -> (out: Table {...r})", command = { "cp", "$rows", "$out" } }
local text = step "text" { signature = "(rows: Table {kept: Tensor f32[6]}) -> (out: File)", command = { "cp", "$rows.csv", "$out" } }
local double = step "double" { signature = "(rows: Table {id: Int, x: Tensor f32[n], im: Tensor u8[h, w]}) -> (out: Table {id: Int, x: Tensor f32[n], im: Tensor u8[h, w]})", python = "steps.py:double" }
local same = step "same" { signature = "(rows: Table {...r}) -> (out: Table {...r})", python = "steps.py:same" }
local again = step "again" { signature = "(rows: Table {...r}) -> (out: Table {...r})", python = "steps.py:again" }
lua { made { sums } }
copy { sums }
text { sums }
again { same { double { rows } } }
json.read { "list.jsonl", type = Table { x = Tensor "f32[6]", im = Tensor "u8[2, 3]", flat = Tensor "u8[2, 3]" }, as = "lines" }
P
expect 0 zpl check p.zpl
zpl graph p.zpl --json >g.json
equal "$(json g.json '[[o["type"] for o in n["outputs"]] for n in j["nodes"] if n["name"] == "sums"][0][0]')" \
    'Table {id: Int, kept: Tensor f32[6], im: Tensor u8[2, 3], s: Float, more: List(Float)}' "what a query passes on"
expect 0 zpl run p.zpl --json
cp out run.json
digest() { json run.json "[s['outputs']['$2']['digest'] for s in j['steps'] if s['name'] == '$1'][0]"; }
equal "$(digest large rows)" "$(digest parquet.read rows)" "lists of doubles"
equal "$(digest fixed rows)" "$(digest parquet.read rows)" "lists of fixed length"
equal "$(digest same out)" "$(digest double out)" "what came by way of polars"
equal "$(digest again out)" "$(digest double out)" "what came by way of pyarrow"

# Every bit is there, and each tool's lists are the same numbers.
zpl export last/double/out double.parquet >/dev/null
zpl export last/copy/out copy.jsonl >/dev/null
zpl export last/lua/out lua.parquet >/dev/null
zpl export last/lines/rows lines.csv >/dev/null
cat >hold.py <<'T'
import json, sys
import numpy as np, pyarrow.parquet as pq
sys.path.insert(0, sys.argv[1])
import zpl

x, im = np.load("x.npy"), np.load("im.npy")
back = zpl.load("last/parquet.read/rows")
assert np.stack(back.x).tobytes() == x.tobytes() and np.stack(back.im).tobytes() == im.tobytes()
double = pq.read_table("double.parquet")
assert str(double.schema.field("x").type) == "list<element: float>" and str(double.schema.field("im").type) == "list<element: uint8>"
np.testing.assert_array_equal(np.array(double["x"].to_pylist(), "f4"), x * 2)
rows = [json.loads(line) for line in open("copy.jsonl")]
ids = [r["id"] for r in rows]
np.testing.assert_array_equal(np.array([[float(v) for v in r["kept"]] for r in rows], "f4"), x[ids])
np.testing.assert_array_equal([r["im"] for r in rows], im[ids].reshape(-1, 6))
np.testing.assert_allclose([float(r["s"]) for r in rows], (x[ids].astype("f8") ** 2).sum(1), rtol=1e-5)
lua = pq.read_table("lua.parquet")
np.testing.assert_array_equal(np.array(lua["z"].to_pylist(), "f4"), x[ids] * 2)
np.testing.assert_array_equal(np.array(lua["third"].to_pylist(), "f4"), ((x[ids] * 2).astype("f8") / 3).astype("f4"))
assert lua["b"].to_pylist() == [[i % 200 > 100] for i in ids]
made = zpl.load("last/made/out", library="polars")
assert made["z"].dtype.shape == (6,) and made["k"].to_list() == [[1, i % 200] for i in ids]
T
python3 hold.py "$ROOT/stdlib/python"
head -2 lines.csv | grep -q '^"\[' || fail "lists in CSV: $(head -2 lines.csv)"
zpl show last/parquet.read/rows >shown
contains shown "Tensor f32[6]"
contains shown "not a number 1"
contains shown "0 … 255, mean"
zpl show last/parquet.read/rows --json >shown.json
equal "$(json shown.json '[c["max"] for c in j["preview"]["columns"] if c["name"] == "im"][0]')" 255

# Other shapes: what the file can't have is told at once, what it has not when it is read.
sed 's/im = Tensor "u8\[2, 3\]", y/im = Tensor "u8[3, 2]", y/' p.zpl >q.zpl
expect 1 zpl run q.zpl
contains err "row 1 of list.parquet: column 'im' has the shape [2, 3], and Tensor u8[3, 2] is declared"
sed 's/"u8\[2, 3\]"/"u8[6]"/g; s/im: Tensor u8\[h, w\]/im: Tensor u8[h]/g' p.zpl >q.zpl
expect 3 zpl check q.zpl
contains err "holds lists in 2 levels, but Tensor u8[6] is declared"

# A param says the dimensions; so does an input.
cat >size.zpl <<'P'
local p = params { size = 32 }
local load = step "load" { signature = "(n: Int = 1, size: Int 1..20000 = 224) -> (rows: Table {image: Tensor u8[3, size, size], label: String})", python = "steps.py:load" }
local mean = step "mean" { signature = "(rows: Table {image: Tensor u8[c, h, w]}) -> (mean: Float)", python = "steps.py:mean" }
mean { load { size = p.size } }
P
expect 0 zpl run size.zpl
zpl show last/load/rows >shown
contains shown "image: Tensor u8[3, 32, 32]"
expect 0 zpl run size.zpl --size 5800 # 100 MB each
zpl show last/load/rows >shown
contains shown "image: Tensor u8[3, 5800, 5800]"
contains shown "1 … 1, mean 1"
expect 3 zpl run size.zpl --size 30000
sed 's/image: Tensor u8\[3, size, size\]/image: Tensor u8[3, 7, size]/' size.zpl >seven.zpl
expect 1 zpl run seven.zpl
contains err "row 1 of column 'image' of output 'rows' has the shape [3, 32, 32], and Tensor u8[3, 7, 32] is declared"

# A Tensor of its own is a file of NumPy, in C order whatever it was given in; a command may write one.
cat >own.py <<'T'
from typing import Annotated

import numpy as np


def make(n: int = 50) -> Annotated[np.ndarray, "Tensor f32[n, 3]"]:
    made = np.asfortranarray(np.arange(n * 3, dtype="f4").reshape(n, 3))
    made[1, 1] = np.nan
    return made


def norm(x: Annotated[np.ndarray, "Tensor f32[n, m]"]) -> Annotated[np.ndarray, "Tensor f64[m]"]:
    x[0, 0] = 5  # it may be written
    return np.nanmean(x, axis=0, dtype="f8")
T
printf 'x\n"[1, 2]"\n' >own.csv
cat >own.zpl <<'P'
local make = step "make" { python = "own.py:make" }
local norm = step "norm" { python = "own.py:norm" }
local fortran = step "fortran" { signature = "(x: Tensor f64[m]) -> (y: Tensor i16[a, b, m])",
  command = { "python3", "-c", "import sys, numpy as np; x = np.load(sys.argv[1]); np.save(open(sys.argv[2], 'wb'), np.asfortranarray(np.stack([x] * 4).astype('i2').reshape(2, 2, -1)))", "$x", "$y" } }
fortran { norm { make {} } }
P
expect 0 zpl run own.zpl
zpl show last/make/value >shown
contains shown "value: Tensor f32[50, 3]"
contains shown "f32 [50, 3]: 0 … 149, mean 74.973, not a number 1"
contains shown "147  148  149"
zpl show last/fortran/y --json >shown.json
equal "$(json shown.json 'j["preview"]["shape"]')" "[2, 2, 3]"
equal "$(json shown.json 'j["preview"]["corners"][0]')" "[73, 75, 75]"
zpl export last/make/value made.npy >/dev/null
expect 2 zpl export last/make/value made.csv
expect 0 python3 -c 'import sys; sys.path.insert(0, sys.argv[1])
import numpy as np, zpl
made = np.load("made.npy")
assert made.shape == (50, 3) and np.isnan(made[1, 1]) and made.flags.c_contiguous
assert zpl.load("last/norm/value").dtype == np.float64' "$ROOT/stdlib/python"
sed 's/Tensor i16\[a, b, m\]/Tensor i16[a, a, a]/' own.zpl >other.zpl
expect 1 zpl run other.zpl
contains err "output 'y' is i16[2, 2, 3], but Tensor i16[a, a, a] is declared"
sed 's/f32\[n, m\]/f64[n, m]/' own.py >other.py
sed 's/own.py:norm/other.py:norm/' own.zpl >other.zpl
expect 3 zpl check other.zpl
contains err "is Tensor f32[50, 3], wanted Tensor f64[n, m]"

# What is none.
no() { # no WORDS PROGRAM
    printf '%s\n' "$2" >no.zpl
    run zpl run no.zpl
    [ "$code" != 0 ] || fail "no error: $2"
    contains err "$1"
}
no "row 17 of ragged.parquet: column 'im' is ragged: at level 2 it has lists of 3 and of 2 values" \
    'parquet.read { "ragged.parquet", type = Table { im = Tensor "u8[2, 3]" } }'
no "row 2 of short.parquet: column 'x' has 1 value, and Tensor f32[2] has 2" \
    'parquet.read { "short.parquet", type = Table { x = Tensor "f32[2]" } }'
no "column 'x' is to be Tensor f32[n] of one shape in all rows: 1 of 3 rows is not: row 2 has 1 value" \
    'parquet.read { "short.parquet", type = Table { x = Tensor "f32[n]" } }'
no "row 2 of null.parquet: column 'x' has a null among its values" \
    'parquet.read { "null.parquet", type = Table { x = Tensor "f64[2]" } }'
no "row 2 of round.parquet: column 'x' has 0.1, which no f32 is equal to: f64 holds it" \
    'parquet.read { "round.parquet", type = Table { x = Tensor "f32[2]" } }'
no "column 'x' is required: 1 of 3 rows has none: row 3" \
    'parquet.read { "gap.parquet", type = Table { x = Tensor "f64[2]" { required = true } } }'
no "of a column one dimension at most may be a name" \
    'parquet.read { "short.parquet", type = Table { x = Tensor "f32[n, m]" } }'
no "holds List(Float), but List(Tensor f64[2]) is declared" \
    'parquet.read { "gap.parquet", type = Table { x = List(Tensor "f64[2]") } }'
no "holds no lists, but Tensor f64[2] is declared" 'csv.read { "own.csv", type = Table { x = Tensor "f64[2]" } }'
no "unknown function 'zpl_tensor'" \
    'local r = parquet.read { "gap.parquet", type = Table { x = Tensor "f64[2]" { hindsight = true } } } sql [[ SELECT zpl_tensor(x, $$Tensor f64[2]$$) AS x FROM r ]]'
no "is List(Float), wanted Tensor f64[n]" \
    'local s = step "s" { inputs = { r = Table { x = Tensor "f64[n]" } }, outputs = { o = Table { n = Int } }, sql = "SELECT len(x) AS n FROM r" }
s { parquet.read { "short.parquet", type = Table { x = List(Float) } } }'
no "row 2, column 'x' has 2 values, and Tensor f32[3] has 3" \
    'local s = step "s" { inputs = { r = Table { x = Tensor "f32[n]", id = Int } }, outputs = { o = Table { x = Tensor "f32[3]" } }, sql = "SELECT list_slice(x, 1, if(id = 1, 2, 3)) AS x FROM r" }
s { parquet.read { "list.parquet", type = Table { x = Tensor "f32[6]", id = Int } } }'

# Tensors of torch, where there is one: in columns, and of their own by what annotations say.
[ -x "$ROOT/build/torch/bin/python3" ] || exit 0
cat >tensors.py <<'T'
from typing import Annotated

import numpy as np
import pandas as pd
import torch


def load(n: int, size: int) -> pd.DataFrame:
    images = torch.arange(n * 3 * size * size).reshape(n, 3, size, size).to(torch.uint8)
    return pd.DataFrame({"image": list(images), "label": [str(i % 2) for i in range(n)]})


def mean(rows: pd.DataFrame) -> Annotated[torch.Tensor, "Tensor f32[c]"]:
    images = torch.from_numpy(np.stack(rows["image"].to_list()))
    return images.float().mean((0, 2, 3)).requires_grad_()


def twice(x: torch.Tensor) -> torch.Tensor:
    assert isinstance(x, torch.Tensor), type(x)
    return x * 2


def half(x: torch.Tensor) -> torch.Tensor:
    return x.bfloat16()
T
cat >torch.zpl <<'P'
local load = step "load" { signature = "(n: Int = 10, size: Int 1.. = 16) -> (rows: Table {image: Tensor u8[3, size, size], label: String})", python = "tensors.py:load" }
local mean = step "mean" { signature = "(rows: Table {image: Tensor u8[c, h, w]}) -> (mean: Tensor f32[c])", python = "tensors.py:mean" }
local twice = step "twice" { signature = "(x: Tensor f32[c]) -> (y: Tensor f32[c])", python = "tensors.py:twice" }
local half = step "half" { signature = "(x: Tensor f32[c]) -> (y: Tensor f32[c])", python = "tensors.py:half" }
local train, test = split { load {}, stratify = "label" }
half { twice { mean { train } } }
P
PATH="$ROOT/build/torch/bin:$PATH"
expect 1 zpl run torch.zpl
contains err "output 'y' is a torch.Tensor of torch.bfloat16: .float() makes one that NumPy knows"
zpl show last/twice/y >shown
contains shown "f32 [3]: 255 … 255, mean 255"
