# XGBoost's collective on two workers, as docs/python.md shows it: each has half of the rows, and the booster predicts
# what that of one process with all rows does.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle
python3 -c 'import xgboost.collective, xgboost.tracker' 2>/dev/null || skip "there is no xgboost.collective"

# The function of the documentation, as it stands there.
awk '/^```python/ { text = ""; inside = 1; next } /^```/ { if (inside && text ~ /RabitTracker/) { printf "%s", text; exit } inside = 0 }
     inside { text = text $0 "\n" }' "$ROOT/docs/python.md" >fit.py
contains fit.py "def fit("

python3 - <<'T'
import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
rows = pd.DataFrame(rng.integers(0, 64, size=(4000, 3)) / 64.0, columns=["a", "b", "c"])
rows["y"] = (rows["a"] * 2 + rows["b"] * rows["c"] > 1.2)
rows.to_csv("rows.csv", index=False)
T
cat >fit.zpl <<'T'
local fit = step "fit" { python = "fit.py:fit", resources = { workers = 2 },
  signature = "(rows: Table {y: Bool, ...f}) -> (model: Model {xgboost, features: f, label: y})" }
local one = step "one" { python = "one.py:one",
  signature = "(rows: Table {y: Bool, ...f}) -> (model: Model {xgboost, features: f, label: y})" }
local close = step "close" { python = "one.py:close",
  signature = "(rows: Table {y: Bool, ...f}, a: Model {xgboost}, b: Model {xgboost}) -> (r: Report {most: Float, off: Float, base: Float})" }
local rows = csv.read { "rows.csv", type = Table { a = Float, b = Float, c = Float, y = Bool } }
local a, b = fit { rows }, one { rows }
local r = close { rows, a = a, b = b }
local seen = evaluate { a, rows, allow = { leak = { "test" } } }
T
cat >one.py <<'T'
import pandas as pd
import xgboost as xgb
from fit import PARAMS, ROUNDS


def one(rows: pd.DataFrame) -> xgb.Booster:
    return xgb.train(PARAMS, xgb.DMatrix(rows.drop(columns="y"), rows["y"]), ROUNDS)


def close(rows: pd.DataFrame, a: xgb.Booster, b: xgb.Booster) -> dict:
    x, y = xgb.DMatrix(rows.drop(columns="y")), rows["y"].astype(float)
    p, q = a.predict(x), b.predict(x)
    assert a.num_boosted_rounds() == b.num_boosted_rounds() == ROUNDS
    return {"most": float(abs(p - q).max()), "off": float(abs(p - y).mean()), "base": float(abs(y.mean() - y).mean())}
T
expect 0 zpl run fit.zpl --json
json out "[s['outputs']['r']['value'] for s in j['steps'] if s['name'] == 'close'][0]"
json out "[s['outputs']['r']['value']['most'] < 1e-3 for s in j['steps'] if s['name'] == 'close']" | grep -q true || fail "the boosters differ"
json out "[s['outputs']['r']['value']['off'] < 0.2 * s['outputs']['r']['value']['base'] for s in j['steps'] if s['name'] == 'close']" |
    grep -q true || fail "it has learnt nothing"
json out "[s['outputs']['report']['value']['auc'] > 0.99 for s in j['steps'] if s['step'] == 'evaluate']" | grep -q true ||
    fail "native evaluate does not take it"
expect 0 zpl logs last/fit
equal "$(grep -o '^\[[01]\] 2000 of 4000 rows' out | sort | tr '\n' ' ')" "[0] 2000 of 4000 rows [1] 2000 of 4000 rows "

# one that fails while they train: the others lose their connection to it, and it is told of
cat >bad.py <<'T'
import pandas as pd
import xgboost as xgb
import zpl
from fit import PARAMS, collective, meet


class Bad(xgb.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        if zpl.context().rank == 1 and epoch == 3:
            raise ValueError("in round 3")
        return False


def bad(rows: pd.DataFrame) -> int:
    c = zpl.context()
    mine = xgb.DMatrix(rows.drop(columns="y"), rows["y"])
    with collective.CommunicatorContext(**meet(c.rank, c.world_size), dmlc_task_id=str(c.rank)):
        xgb.train(PARAMS, mine, 100000, callbacks=[Bad()])
    return 1
T
cat >bad.zpl <<'T'
local rows = csv.read { "rows.csv", type = Table { a = Float, b = Float, c = Float, y = Bool } }
step "bad" { python = "bad.py:bad", resources = { workers = 3 }, timeout = "60s", signature = "(rows: Table {...r}) -> (n: Int)" } { rows }
T
expect 1 zpl run bad.zpl
contains err "bad.py:10: bad() of rank 1 raised ValueError: in round 3"
