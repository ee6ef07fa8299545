# Pipelines from a script or a notebook of Python: run, load, artifacts.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
with_oracle
PYTHONPATH=$ROOT/stdlib/python
export PYTHONPATH

cp "$ROOT"/examples/penguins/penguins.* .
cat >use.py <<'P'
import datetime, json, pathlib, subprocess
import pandas as pd, polars as pl, pyarrow as pa, xgboost as xgb
import zpl

run = zpl.run("penguins.zpl", rounds=5, holdout=0.2)
assert run.status == "done" and run.number == 1 and f"of {len(run.steps)} steps ran" in repr(run), run
report = run["evaluate/report"]
assert report == zpl.load("last/evaluate") and 0.5 < report["accuracy"] <= 1, report
made = zpl.artifacts()
assert made["1/evaluate/report"].startswith("Report {"), made
assert all(not key.startswith("1/deploy/") for key in made)

# a model scores as the native step did
model, test, scored = zpl.load("1/xgboost.train/model"), zpl.load("1/split/test"), zpl.load("1/predict/rows")
assert isinstance(model, xgb.Booster)
features = [c for c in test.columns if c != "species"]
guess = model.predict(xgb.DMatrix(test[model.feature_names or features].astype(float)))
classes = json.loads(model.attr("zpl"))["classes"] if "classes" in json.loads(model.attr("zpl")) else sorted(test["species"].unique())
assert [classes[int(i)] for i in guess.argmax(axis=1)] == scored["prediction"].tolist()
assert isinstance(zpl.load("1/split/test", library="polars"), pl.DataFrame)
assert isinstance(zpl.load("1/split/test", library="pyarrow"), pa.Table)
assert test.equals(pd.DataFrame(zpl.load("1/split/test", library="pyarrow").to_pandas()).astype(test.dtypes))

# what is wrong is told as zpl tells it
for what, words in (("1/split", "several outputs"), ("7/split/test", "run"), ("1/splitt/test", "did you mean")):
    try:
        zpl.load(what)
        raise SystemExit("loaded " + what)
    except zpl.Error as error:
        assert words in str(error), error

# a step inside an `each`: what all items made, and that of one
pathlib.Path("map.zpl").write_text("""
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) local x = {} for i = 1, t.n do x[i] = i * 10 end return x end }
local some = step "some" { signature = "(k: Int) -> (r: Report {k: Int}, n: Int)", lua = function (t) return { k = t.k }, t.k + 1 end }
each(list { n = 3 }, function (k) return some { k } end)
""")
mapped = zpl.run("map.zpl")
assert mapped["some[*]/r"] == [{"k": 10}, {"k": 20}, {"k": 30}] and zpl.load("last/some[*]/n") == [11, 21, 31]
assert mapped["some[2]/n"] == 21
assert set(zpl.artifacts()) == {"2/list/items"} | {"2/some[%d]/%s" % (i, o) for i in (1, 2, 3) for o in "rn"}, zpl.artifacts()
for what, words in (("last/some[*]", "several outputs: load one of last/some[*]/n, last/some[*]/r"), ("last/some[*]/m", "no output 'm'"), ("last/sme[*]/n", "did you mean")):
    try:
        zpl.load(what)
        raise SystemExit("loaded " + what)
    except zpl.Error as error:
        assert words in str(error), error
try:
    zpl.run("penguins.zpl", rounds=0)
    raise SystemExit("ran with rounds = 0")
except zpl.Error as error:
    assert "rounds" in str(error), error
pathlib.Path("bad.zpl").write_text('step "bad" { signature = "() -> (n: Int)", lua = function (t) error("no luck") end } {}\n')
try:
    zpl.run("bad.zpl")
    raise SystemExit("bad ran")
except zpl.RunFailed as error:
    assert "no luck" in str(error) and error.run.status == "failed", error

pathlib.Path("mine.py").write_text("class Mine:\n    n = 3\ndef make(n: int): return Mine()\n")
pathlib.Path("mine.zpl").write_text('step "mine" { signature = "(n: Int) -> (m: Model {mine})", python = "mine.py:make", allow_pickle = true } { 1 }\n')
zpl.run("mine.zpl")
try:
    zpl.load("last/mine")
    raise SystemExit("a pickle was loaded")
except zpl.Error as error:
    assert str(error).startswith("last/mine: the model is a pickle") and "zpl.load(…, allow_pickle=True)" in str(error), error
assert zpl.load("last/mine", allow_pickle=True).n == 3
P
python3 use.py
mkdir elsewhere && cd elsewhere
python3 -c "
import zpl
assert zpl.load('1/evaluate/report', project='..')['rows'] > 0"
env -u ZPL PATH=/usr/bin:/bin "$(command -v python3)" -c "
import zpl
try: zpl.load('x')
except zpl.Error as error: assert 'put zpl on PATH' in str(error), error"
