# Scoring models of ONNX: rows a second that evaluate reads and scores, beside ONNX Runtime's Python and scikit-learn's own predict_proba on
# the same rows, read from Parquet by pandas; one thread each, two runs, the better one.      Time limit: 900 s
. "$ROOT/tests/lib.sh"
with_oracle
[ -e "$ROOT/build/deps/onnxruntime/libonnxruntime.so" ] || skip "there is no ONNX Runtime (make deps)"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cat >fit.py <<'T'
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def fit(rows: pd.DataFrame, name: str):
    few = rows.iloc[:20000]
    model = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression()),
        "forest": RandomForestClassifier(50, max_depth=10, n_jobs=1, random_state=0),
        "histogram": HistGradientBoostingClassifier(random_state=0),
    }[name]
    return model.fit(few.drop(columns="y"), few["y"])
T
cat >bench.zpl <<'T'
local fit = step "fit" { signature = "(rows: Table {y: Bool, ...f}, name: String) -> (model: Model {sklearn, features: f, label: y})", python = "fit.py:fit" }
local rows = parquet.read "rows.parquet"
local model = onnx.export { fit { rows, name = params { name = "linear" }.name } }
evaluate { model, rows, allow = { leak = { "test" } }, cache = false }
T
cat >measure.py <<'T'
import json, subprocess, sys, time
import numpy as np, pandas as pd

ROWS, FEATURES = 1_000_000, 10
rng = np.random.default_rng(0)
rows = pd.DataFrame(rng.normal(size=(ROWS, FEATURES)), columns=[f"x{i}" for i in range(FEATURES)])
rows["y"] = rows["x0"] - rows["x1"] * rows["x2"] + rng.normal(size=ROWS) > 0
rows.to_parquet("rows.parquet")
names = [f"x{i}" for i in range(FEATURES)]


def best(call):
    def once():
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    return min(once() for _ in range(2))


def native(name):
    def once():
        subprocess.run(["zpl", "run", "bench.zpl", "--name", name], check=True, stdout=subprocess.DEVNULL)
        out = subprocess.run(["zpl", "show", "last", "--json"], check=True, capture_output=True).stdout
        return next(s["duration_ms"] for s in json.loads(out)["steps"] if s["name"] == "evaluate") / 1000
    return min(once() for _ in range(2))


sys.path.insert(0, ".")
import onnxruntime
from fit import fit

print(f"{'rows a second':14} {'evaluate':>12} {'onnxruntime':>12} {'sklearn':>12}")
for name in ("linear", "forest", "histogram"):
    own = native(name)
    subprocess.run(["zpl", "export", "last/onnx.export/model", name + ".onnx"], check=True, stdout=subprocess.DEVNULL)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(name + ".onnx", options, providers=["CPUExecutionProvider"])

    def by_runtime():
        cells = pd.read_parquet("rows.parquet", columns=names).to_numpy(np.float32)
        session.run(["probabilities"], {"features": cells})

    model = fit(rows, name)

    def by_sklearn():
        model.predict_proba(pd.read_parquet("rows.parquet", columns=names))

    print(f"{name:14} {ROWS / own:12,.0f} {ROWS / best(by_runtime):12,.0f} {ROWS / best(by_sklearn):12,.0f}", flush=True)
T
expect 0 python3 measure.py
cat out
