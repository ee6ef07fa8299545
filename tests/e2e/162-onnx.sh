# Models of ONNX: what onnx.export makes of models of scikit-learn, XGBoost and LightGBM is scored natively as the library scores it, is the
# same bytes each time, is keyed by what makes it, and says what it is; models that can't be are told.      Time limit: 600 s
. "$ROOT/tests/lib.sh"
with_oracle
[ -e "$ROOT/build/deps/onnxruntime/libonnxruntime.so" ] || [ -n "${ONNXRUNTIME_DIR:-}" ] || skip "there is no ONNX Runtime (make deps)"

cat >models.py <<'T'
"""Random rows, a model for each name, and how far its own scores are from what predict gives."""
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
                              HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor, VotingClassifier)
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier


def make(seed: int, gaps: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 400
    # Numbers that 32 bits hold: thresholds between them are where they are in 64 bits, too.
    rows = pd.DataFrame({c: rng.integers(-256, 256, n) / 64 for c in ("a", "b", "c d")})
    rows["n"] = rng.integers(0, 20, n)
    rows["colour"] = rng.choice(["red", "green", "blue"], n)
    z = rows["a"] - rows["b"] + 0.1 * rows["n"] + rng.normal(0, 0.5, n)
    rows["late"] = z > 1
    rows["kind"] = np.where(z < -1, "mild", np.where(z < 2, "wild", "an other"))
    rows["cost"] = 3 * z + (rows["colour"] == "red")
    if gaps:
        for c in ("a", "b", "c d"):
            rows.loc[rng.random(n) < gaps, c] = np.nan
    return rows


def _model(name: str, seed: int):
    boosts = {"max_iter": 10, "random_state": seed}
    trees = {"n_estimators": 10, "random_state": seed, "max_depth": 6}
    names = ["colour"]
    return {
        "logistic": lambda: LogisticRegression(),
        "scaled": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        "forest": lambda: RandomForestClassifier(**trees),
        "boosted": lambda: GradientBoostingClassifier(**trees),
        "histogram": lambda: HistGradientBoostingClassifier(**boosts),
        "tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=seed),
        "net": lambda: make_pipeline(StandardScaler(), MLPClassifier((16,), random_state=seed, max_iter=60)),
        "columns": lambda: make_pipeline(
            ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), names), ("n", StandardScaler(), ["a", "b", "n"])]),
            LogisticRegression()),
        "words": lambda: make_pipeline(
            ColumnTransformer([("t", TfidfVectorizer(), "colour"), ("n", StandardScaler(), ["a", "b", "n"])]), LogisticRegression()),
        "hashes": lambda: make_pipeline(
            ColumnTransformer([("t", HashingVectorizer(), "colour")]), LogisticRegression()),
        "xgb steps": lambda: make_pipeline(SimpleImputer(), xgboost.XGBClassifier(n_estimators=10, max_depth=4, n_jobs=1)),
        "lgb steps": lambda: make_pipeline(SimpleImputer(), lightgbm.LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1)),
        "votes": lambda: VotingClassifier([("x", xgboost.XGBClassifier(n_estimators=10, n_jobs=1)), ("l", LogisticRegression())],
                                          voting="soft", weights=[1, 2]),
        "most": lambda: VotingClassifier([("x", DecisionTreeClassifier()), ("l", LogisticRegression())]),
        "indicator": lambda: make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression()),
        "poisson": lambda: HistGradientBoostingRegressor(loss="poisson", **boosts),
        "linear": lambda: LinearRegression(),
        "ridge": lambda: make_pipeline(StandardScaler(), Ridge()),
        "forests": lambda: RandomForestRegressor(**trees),
        "boosts": lambda: GradientBoostingRegressor(**trees),
        "histograms": lambda: HistGradientBoostingRegressor(**boosts),
        "machine": lambda: LinearSVC(),
    }[name]()


def fit(rows: pd.DataFrame, label: str, name: str, seed: int = 0):
    return _model(name, seed).fit(rows.drop(columns=label), rows[label].astype(str) if label == "kind" else rows[label])


def apart(model, scored: pd.DataFrame, label: str) -> float:
    """The greatest difference; of classes that are told apart differently, 1."""
    features = scored[list(model.feature_names_in_)]
    if not hasattr(model, "predict_proba"):
        own = model.predict(features)
        return float(np.max(np.abs(own - scored["prediction"])) / max(1, np.max(np.abs(own))))
    own = model.predict_proba(features)
    if label == "late":
        worst = np.max(np.abs(own[:, 1] - scored["score"]))
        told = (own[:, 1] >= 0.5) == scored["prediction"]
    else:
        worst = np.max(np.abs(own.max(axis=1) - scored["score"]))
        told = model.classes_[own.argmax(axis=1)] == scored["prediction"].astype(str)
    near = np.sort(own, axis=1)
    sure = near[:, -1] - near[:, -2] > 1e-5
    return float(max(worst, float((~told & sure).any())))


def between(own: pd.DataFrame, other: pd.DataFrame) -> float:
    """The greatest difference of two predictions of the same rows."""
    if "score" not in own:
        return float(np.abs(own["prediction"] - other["prediction"]).max())
    assert (own["prediction"].astype(str) == other["prediction"].astype(str)).mean() > 0.999
    return float(np.abs(own["score"] - other["score"]).max())


def fit_booster(rows: pd.DataFrame, booster: str = "gbtree", objective: str = "binary:logistic") -> xgboost.Booster:
    asked = {"booster": booster, "objective": objective, "max_depth": 3, "nthread": 1}
    return xgboost.train(asked, xgboost.DMatrix(rows.drop(columns="y"), rows["y"]), 6)


def booster_apart(model: xgboost.Booster, scored: pd.DataFrame) -> float:
    return float(np.max(np.abs(model.predict(xgboost.DMatrix(scored[["a", "b", "n"]])) - scored["score"])))


def fit_light(rows: pd.DataFrame, more: str = "") -> lightgbm.LGBMModel:
    kinds = {"bool": lightgbm.LGBMClassifier, "category": lightgbm.LGBMClassifier, "str": lightgbm.LGBMClassifier}
    more = {more: True} if more else {}
    model = kinds.get(str(rows["y"].dtype), lightgbm.LGBMRegressor)(n_estimators=12, verbose=-1, n_jobs=1, **more)
    return model.fit(rows.drop(columns="y"), rows["y"].astype(str) if rows["y"].dtype == "category" else rows["y"])


def light_apart(model: lightgbm.Booster, scored: pd.DataFrame) -> float:
    own = model.predict(scored[["a", "b", "n"]])
    found = scored["score"] if "score" in scored else scored["prediction"]
    if own.ndim == 2:
        assert (scored["prediction"].astype(str) == np.array(["u", "v", "w"])[own.argmax(axis=1)]).all()
        own = own.max(axis=1)
    return float(np.max(np.abs(own - found)))
T
cat >models.zpl <<'T'
local p = params { seed = Int { default = 1 } }
local text = "a: Float, b: Float, \"c d\": Float, n: Int, colour: String, late: Bool, kind: String, cost: Float"
local make = step "make" { signature = "(seed: Int, gaps: Float = 0.0) -> (rows: Table {" .. text .. "})", python = "models.py:make" }
local kinds = Enum { "mild", "wild", "an other" }
local fit = step "fit" {
  signature = "(rows: Table {l: y, ...f}, label: column l, name: String, seed: Int = 0) -> (model: Model {sklearn, features: f, label: l: y})",
  python = "models.py:fit",
}
local apart = step "apart" {
  signature = "(model: Model {sklearn}, scored: Table {...r}, label: String) -> (worst: Float)", python = "models.py:apart",
}
local whole, gaps = make { p.seed }, make { p.seed, gaps = 0.1 }
local numbers = function (rows, label)
  local wanted = { late = sql [[ SELECT a, b, "c d", n, late FROM rows ]], kind = sql [[ SELECT a, b, "c d", n, kind FROM rows ]],
                   cost = sql [[ SELECT a, b, "c d", n, cost FROM rows ]] }
  return wanted[label]
end
local function try (name, label, rows)
  local train, test = split { rows, seed = 3 }
  local own = fit { train, label = label, name = name, seed = p.seed, as = "fit " .. label .. " " .. name }
  local model = onnx.export { own, as = "onnx " .. label .. " " .. name }
  local scored = predict { model, test, as = "predict " .. label .. " " .. name }
  apart { own, scored, label = label, as = label .. " " .. name }
  evaluate { model, test, as = "evaluate " .. label .. " " .. name }
end
local plain = { late = numbers(whole, "late"), kind = numbers(whole, "kind"), cost = numbers(whole, "cost") }
local some = { late = numbers(gaps, "late"), kind = numbers(gaps, "kind"), cost = numbers(gaps, "cost") }
for label, names in pairs { late = { "scaled" }, kind = { "boosted" }, cost = { "forests" } } do
  for _, name in ipairs(names) do try(name, label, plain[label]) end
end
local mixed = sql [[ SELECT a, b, n, colour, late FROM whole ]]
try("columns", "late", mixed)
-- Converters of other packages, and what skl2onnx takes in other forms only.
try("xgb steps", "late", plain.late)
try("lgb steps", "cost", plain.cost)
try("votes", "late", plain.late)
try("words", "late", mixed)
-- Missing numbers, which some models take.
local function missing (name, label)
  local own = fit { some[label], label = label, name = name, as = "gaps fit " .. name }
  local scored = predict { onnx.export { own, as = "gaps onnx " .. name }, some[label], as = "gaps predict " .. name }
  apart { own, scored, label = label, as = "gaps " .. name }
end
missing("histogram", "late")
missing("histograms", "cost")
T
# A model of XGBoost, with missing numbers, is scored alike by both engines.  Boosters that are no trees, or trees of which some are
# dropped, are scored natively alone; scores that are no probabilities are told.
cat >rows.zpl <<'T'
local rows = sql [[ SELECT i AS id, ((i * 7919) % 101)::DOUBLE / 64 AS a, CASE WHEN i % 9 > 0 THEN ((i * 104729) % 97)::DOUBLE / 64 END AS b,
                    (i * 31) % 40 AS n FROM range(900) t(i) ]]
local late = sql [[ SELECT a, b, n, a + coalesce(b, 1) + n / 40 > 1.7 AS y FROM rows ]]
local kind = sql [[ SELECT a, b, n, CASE WHEN a + coalesce(b, 1) > 1.7 THEN 'u' WHEN n > 20 THEN 'v' ELSE 'w' END AS y FROM rows ]]
local cost = sql [[ SELECT a, b, n, 3 * a + coalesce(b, 1) + n / 40 AS y FROM rows ]]
T
cat >boosters.zpl <<'T'
local between = step "between" { signature = "(own: Table {...r}, other: Table {...s}) -> (worst: Float)", python = "models.py:between" }
for name, t in pairs { late = late, kind = kind, cost = cost } do
  local model = xgboost.train { t, label = "y", rounds = 12, allow = { leak = { "a", "b", "n" } } }
  local own, other = predict { model, t }, predict { onnx.export { model, as = "export of zpl's " .. name }, t }
  between { own, other, as = "both " .. name }
end
local fit = step "fit_booster" { signature = '(rows: Table {y: Bool, ...f}, booster: String = "gbtree", objective: String = "binary:logistic") -> (model: Model {xgboost, features: f, label: y})',
                         python = "models.py:fit_booster" }
local apart = step "booster_apart" { signature = "(model: Model {xgboost}, scored: Table {...r}) -> (worst: Float)", python = "models.py:booster_apart" }
for _, booster in ipairs { "gblinear", "dart" } do
  local model = fit { late, booster = booster }
  apart { model, predict { model, late }, as = "own " .. booster }
  onnx.export { model, as = "export " .. booster }
end
for _, objective in ipairs { "binary:hinge", "binary:logitraw" } do fit { late, objective = objective } end
onnx.export { fit { late, objective = "reg:logistic" }, as = "export logistic" }
T

# So is one of LightGBM, whose own scores are its library's.
cat >light.zpl <<'T'
local fit = step "fit_light" { signature = '(rows: Table {y: l, ...f}, more: String = "") -> (model: Model {lightgbm, features: f, label: y: l})', python = "models.py:fit_light" }
local apart = step "light_apart" { signature = "(model: Model {lightgbm}, scored: Table {...r}) -> (worst: Float)", python = "models.py:light_apart" }
for name, t in pairs { late = late, kind = kind, cost = cost } do
  local own = fit { t }
  local model = onnx.export { own, as = "export " .. name }
  apart { own, predict { model, t }, as = "light " .. name }
  evaluate { model, t, allow = { leak = { "test" } } }
end
onnx.export { fit { cost, more = "linear_tree" }, as = "lines" }
T

# What is told when no model of ONNX can be made.
cat >told.zpl <<'T'
local rows = sql [[ SELECT i::DOUBLE AS a, i / 2 AS b, i > 20 AS y, i % 3 AS z FROM range(40) t(i) ]]
local function told (rows, kind, label, name)
  local fit = step(name) { signature = "(rows: Table {" .. label .. ": " .. kind .. ", ...f}, label: String, name: String) -> (model: Model {sklearn, features: f, label: " .. label .. "})",
                           python = "models.py:fit" }
  return onnx.export { fit { rows, label, name } }
end
told(sql [[ SELECT a, b, y FROM rows ]], "Bool", "y", "machine")
told(sql [[ SELECT a, b, z FROM rows ]], "Int", "z", "logistic")
told(sql [[ SELECT a, b, y FROM rows ]], "Bool", "y", "most")
told(sql [[ SELECT b::VARCHAR AS colour, y FROM rows ]], "Bool", "y", "hashes")
-- what converters leave out: a column that says where a value was missing, the link of a loss, where a tree sends what is missing
told(sql [[ SELECT CASE WHEN a % 3 > 0 THEN a END AS a, b, y FROM rows ]], "Bool", "y", "indicator")
told(sql [[ SELECT a, b, exp(z) AS z FROM rows ]], "Float", "z", "poisson")
local holes = sql [[ SELECT CASE WHEN a % 3 > 0 THEN a END AS a, b, y FROM rows ]]
predict { told(holes, "Bool", "y", "forest"), holes, as = "with holes" }
predict { told(holes, "Bool", "y", "histogram"), holes, as = "sent on" }
-- and what they round: 32 bits hold no 1700000001
local times = sql [[ SELECT 1700000000 + a::BIGINT AS t, y FROM rows ]]
predict { told(times, "Bool", "y", "scaled"), times, as = "rounded" }
T

# Two runs, each of the parts that the same processes of Python serve, which have these packages in memory: one for all would keep
# more of them than stay.  Of each part the failures are its own.
{
    cat models.zpl
    echo do && cat told.zpl && echo end
} >converted.zpl
{
    cat rows.zpl
    for part in boosters light; do echo do && cat $part.zpl && echo end; done
} >own.zpl
expect 0 zpl check converted.zpl
for program in converted own; do
    expect 1 zpl run $program.zpl --jobs 1 $([ $program = own ] || echo --seed "${SEED:-$(($$ % 1000))}")
    mv err $program.err
    zpl show last --json >$program.json
done
python3 - <<'T'
import json
def worst(program, failures):
    steps = json.load(open(program + ".json"))["steps"]
    failed = [s["name"] for s in steps if s["status"] == "failed"]
    assert len(failed) == failures, failed
    return {s["name"]: o["value"] for s in steps for name, o in s["outputs"].items() if name == "worst"}
converted, own = worst("converted", 8), worst("own", 5 + 1)
print(converted, own)
assert len(converted) == 10 and len(own) == 3 + 2 + 3
exact = {n: w for n, w in own.items() if n.startswith("own ")}
assert len(exact) == 2 and all(w <= 1e-6 for w in exact.values()), exact
bad = {n: w for n, w in (converted | own).items() if not w <= 1e-5}
assert not bad, bad
T
for booster in gblinear dart; do contains own.err "has the booster '$booster', and ONNX is made of 'gbtree' alone: predict and evaluate score it"; done
for objective in hinge logitraw; do contains own.err "has the objective 'binary:$objective', which gives no probabilities of classes"; done
contains own.err "has the objective 'reg:logistic', of which no probabilities of classes are made"
contains own.err "made of the model of LightGBM scores otherwise than the model"
contains converted.err "gives no probabilities (predict_proba)"
contains converted.err "the converter made of a sklearn.Pipeline scores otherwise than the model"
contains converted.err "the converter made of a sklearn.HistGradientBoostingRegressor scores otherwise than the model"
contains converted.err "step with holes failed: feature 'a' of \`rows\` is missing in row 1, and the model does with that in ONNX not what"
contains converted.err "step rounded failed: feature 't' of \`rows\` is 1700000001 in row 2, which no 32-bit float is equal to"
contains converted.err 'gives no probabilities (predict_proba), which scores are made of: say voting="soft"'
contains converted.err "can't make ONNX of a sklearn.Pipeline: it knows no HashingVectorizer: do its work in a step before"
for program in converted own; do
    failures=$([ $program = own ] && echo 6 || echo 8)
    [ "$(grep -c 'failed: ' $program.err)" = $failures ] || fail "$(cat $program.err)"
done
contains converted.err "tells classes, and its label is Int"

# What such a model is.
zpl show '1/onnx late columns' --json >columns.json
contains columns.json "Model {onnx"
expect 0 zpl show '1/onnx late columns/model'
contains out "predicts late: Bool by its output probabilities, a probability"
contains out "string[?, 1]"
contains out "OneHotEncoder"
expect 0 zpl show '1/onnx late columns/model' --json
contains out '"operators"'

# The same bytes come of another process.
zpl export 'last/export kind/model' before.onnx
{
    cat rows.zpl
    sed -e 's/late = late, //; s/, cost = cost//; /linear_tree/d; /evaluate/d; /apart {/d' light.zpl
} >again.zpl
expect 0 env ZPL_HOME="$PWD/again" zpl run again.zpl
ZPL_HOME="$PWD/again" zpl export 'last/export kind/model' after.onnx
cmp before.onnx after.onnx || fail "the export of one model is other bytes the second time"

# A file that is none, and one that says nothing of itself.
cat >file.zpl <<'T'
local model = step "model" { signature = "(rows: Table {a: Float, y: Bool}) -> (model: Model {onnx, features: {a: Float}, label: y: Bool})",
                             command = { "cp", "given.onnx", "$model" }, files = { "given.onnx" } }
local rows = sql [[ SELECT i::DOUBLE AS a, i > 3 AS y FROM range(9) t(i) ]]
local more = sql [[ SELECT i::DOUBLE AS a, i > 4 AS y FROM range(9) t(i) ]]
predict { model { rows }, more }
T
echo nonsense >given.onnx
expect 1 zpl run file.zpl
contains err "the model is no file of ONNX"
python3 -c "
import onnx
x = onnx.helper.make_tensor_value_info('x', 1, ['n', 1]); y = onnx.helper.make_tensor_value_info('y', 1, ['n', 1])
g = onnx.helper.make_graph([onnx.helper.make_node('Sigmoid', ['x'], ['y'])], 'g', [x], [y])
onnx.save(onnx.helper.make_model(g, opset_imports=[onnx.helper.make_opsetid('', 17)], ir_version=8), 'given.onnx')"
expect 1 zpl run file.zpl
contains err "it was not made by onnx.export"

# Models of other libraries are told what makes them ones that are scored here; without the library only what needs it fails.
cat >sk.zpl <<'T'
local fit = step "fit" { signature = "(rows: Table {y: Bool, ...f}, label: String, name: String) -> (model: Model {sklearn, features: f, label: y})", python = "models.py:fit" }
local rows = sql [[ SELECT i::DOUBLE AS a, i > 3 AS y FROM range(9) t(i) ]]
predict { fit { rows, "y", "logistic" }, rows }
T
expect 3 zpl check sk.zpl
contains err "onnx.export { model }"
contains err "is a model of sklearn, wanted one of xgboost or onnx"

# A Tensor is the one input of a model, of a size that it can have; beside other features it is none, also where these are read as
# they are (doubles, whole numbers).
cat >tensors.py <<'T'
import json
from typing import List

import onnx
import pandas as pd


def add(inputs: List[str], kind: int, shape: List[int]) -> onnx.ModelProto:
    h = onnx.helper
    given = [h.make_tensor_value_info(n, kind, ["n", *(d or "m" for d in shape)]) for n in inputs]
    node = h.make_node("Add" if len(inputs) == 2 else "Identity", inputs, ["s"])
    most = h.make_node("ReduceMax", ["o"], ["y"], axes=list(range(1, len(shape) + 1)), keepdims=0)
    nodes = [node, h.make_node("Cast", ["s"], ["o"], to=1), most]
    graph = h.make_graph(nodes, "g", given, [h.make_tensor_value_info("y", 1, ["n"])])
    made = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    said = {"classes": [], "features": inputs, "kind": "value", "label": "y", "label_type": "Float", "output": "y", "version": 1}
    made.metadata_props.add(key="zpl", value=json.dumps(said))
    return made


def doubles(rows: pd.DataFrame) -> onnx.ModelProto:
    return add(["a", "t"], 11, [1])


def wholes(rows: pd.DataFrame) -> onnx.ModelProto:
    return add(["a", "t"], 7, [1])


def vast(rows: pd.DataFrame) -> onnx.ModelProto:
    return add(["t"], 11, [4, 2**62, 0])
T
cat >tensors.zpl <<'T'
local function try (name, kinds, of)
  local rows = step("rows_" .. name) { signature = "() -> (rows: Table {" .. kinds .. ", y: Float})",
                                      sql = "SELECT " .. of .. ", i::DOUBLE AS y FROM range(5) t(i)" } {}
  local model = step("model_" .. name) { signature = "(rows: Table {y: Float, ...f}) -> (model: Model {onnx, features: f, label: y})",
                                        python = "tensors.py:" .. name }
  predict { model { rows }, rows, as = name }
end
try("doubles", "a: Float, t: Tensor f64[1]", "i AS a, [i] AS t")
try("wholes", "a: Int, t: Tensor i64[1]", "i AS a, [i] AS t")
try("vast", "t: Tensor f64[4]", "[i, i, i, i] AS t")
T
expect 1 zpl run tensors.zpl --jobs 1
contains err "step doubles failed: feature 't' of \`rows\` holds Tensors, and the model takes f64"
contains err "step wholes failed: feature 't' of \`rows\` holds Tensors, and the model takes i64"
contains err "step vast failed: feature 't' of \`rows\` is a Tensor of 4 elements, and the model takes f64[n, 4, 4611686018427387904, m] 't'"
