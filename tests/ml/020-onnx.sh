# Nets of the PyTorch and the Keras of today as models of ONNX: scored natively as they score, of features that are numbers and of a
# Tensor, and the same bytes by another process.      Time limit: 600 s
. "$ROOT/tests/lib.sh"
for name in torch tensorflow; do
    [ -x "$ROOT/build/ml-$name/bin/python3" ] || skip "there is no build/ml-$name (make test-ml)"
done
[ -e "$ROOT/build/deps/onnxruntime/libonnxruntime.so" ] || [ -n "${ONNXRUNTIME_DIR:-}" ] || skip "there is no ONNX Runtime (make deps)"
before=$PATH

mkdir keras torch
cat >keras/nets.py <<'T'
import keras
import numpy as np
from keras import layers


@keras.saving.register_keras_serializable()
class Twice(layers.Layer):
    def call(self, x):
        return x * 2


def nets():
    keras.utils.set_random_seed(3)
    late = keras.Sequential([layers.Input((3,)), layers.Dense(8, activation="gelu"), Twice(), layers.Dense(1, activation="sigmoid")])
    x = layers.Input((6, 6))
    seen = layers.Conv2D(4, 3, activation="relu")(layers.Reshape((6, 6, 1))(layers.Rescaling(1 / 255)(x)))
    seen = layers.Flatten()(layers.MaxPooling2D()(layers.BatchNormalization()(seen)))
    kind = keras.Model(x, layers.Dense(3)(seen))
    scaled = layers.Normalization(mean=[0.0, 1.0, 10.0], variance=[1.0, 2.0, 9.0])
    cost = keras.Sequential([layers.Input((3,)), scaled, layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(1)])
    word = keras.Sequential([layers.Input((5,), dtype="int32"), layers.Embedding(9, 4), layers.Bidirectional(layers.LSTM(3)), layers.Dense(1)])
    return late, kind, cost, word


def score(net, rows):
    return np.asarray(net(rows, training=False))
T
cat >torch/nets.py <<'T'
import torch
from torch import nn


class See(nn.Module):
    def __init__(self):
        super().__init__()
        self.see = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3))

    def forward(self, x):
        return self.see(x[:, None].float() / 255)


class Read(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.lstm, self.tell = nn.Embedding(9, 4), nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 1)

    def forward(self, x):
        return self.tell(self.lstm(self.words(x))[0][:, -1])


def nets():
    torch.manual_seed(3)
    late = nn.Sequential(nn.Linear(3, 8), nn.GELU(), nn.Linear(8, 1), nn.Sigmoid())
    cost = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
    return late, See().eval(), cost.eval(), Read().eval()


@torch.no_grad()
def score(net, rows):
    return net.eval()(torch.from_numpy(rows)).numpy()
T
cat >steps.py <<'T'
import numpy as np
import pandas as pd

import nets


def make() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300), "n": rng.integers(0, 20, 300)})
    rows["x"] = list(rng.integers(0, 256, (300, 6, 6)).astype("uint8"))
    rows["w"] = list(rng.integers(0, 9, (300, 5)).astype("int32"))
    return rows.assign(late=rows["a"] > 0, kind=rng.choice(["u", "v", "w"], 300), cost=rows["b"] * 3)


def fit(rows: pd.DataFrame):
    return nets.nets()


def apart(late, kind, cost, word, by_late: pd.DataFrame, by_kind: pd.DataFrame, by_cost: pd.DataFrame, by_word: pd.DataFrame,
          accuracy: float, rmse: float) -> float:
    """How far what zpl found is from what the nets give, at most."""
    numbers = by_late[["a", "b", "n"]].to_numpy().astype("float32")
    p = nets.score(late, numbers)[:, 0].astype(float)
    q = nets.score(kind, np.stack(by_kind["x"])).astype(float)
    q = np.exp(q - q.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    c = nets.score(cost, numbers)[:, 0].astype(float)
    w = 1 / (1 + np.exp(-nets.score(word, np.stack(by_word["w"]))[:, 0].astype(float)))
    told = np.array(["u", "v", "w"])[q.argmax(axis=1)]
    assert (by_kind["prediction"].astype(str) == told).all()
    found = [by_late["score"] - p, by_kind["score"] - q.max(axis=1), by_cost["prediction"] - c, by_word["score"] - w,
             accuracy - (told == by_kind["kind"].astype(str)).mean(), rmse - np.sqrt(np.mean((c - by_cost["cost"]) ** 2))]
    return float(max(np.max(np.abs(f)) for f in found))
T
cat >nets.zpl <<'T'
local Rows = Table { a = Float, b = Float, n = Int, x = Tensor "u8[6, 6]", w = Tensor "i32[5]", late = Bool, kind = Enum { "u", "v", "w" }, cost = Float }
local make = step "make" { signature = "() -> (rows: Rows)", python = "steps.py:make" }
local numbers = "features: {a: Float, b: Float, n: Int}, label: "
local fit = step "fit" {
  signature = "(rows: Rows) -> (late: Model {FRAMEWORK, " .. numbers .. "late}, kind: Model {FRAMEWORK, features: {x: Tensor u8[6, 6]}, label: kind}, "
    .. "cost: Model {FRAMEWORK, " .. numbers .. "cost}, word: Model {FRAMEWORK, features: {w: Tensor i32[5]}, label: late})",
  python = "steps.py:fit", vars = { TF_CPP_MIN_LOG_LEVEL = "2" },
}
local apart = step "apart" {
  signature = "(late: Model {FRAMEWORK}, kind: Model {FRAMEWORK}, cost: Model {FRAMEWORK}, word: Model {FRAMEWORK}, by_late: Table {...e}, "
    .. "by_kind: Table {...f}, by_cost: Table {...g}, by_word: Table {...h}, accuracy: Float, rmse: Float) -> (worst: Float)",
  python = "steps.py:apart", vars = { TF_CPP_MIN_LOG_LEVEL = "2" },
}
local rows = make {}
local net_late, net_kind, net_cost, net_word = fit { rows }
local late, kind, cost = onnx.export { net_late, as = "late" }, onnx.export { net_kind, as = "kind" }, onnx.export { net_cost }
local word = onnx.export { net_word, output = "logit" }
onnx.export { net_kind, output = "logit", as = "again" }
local allow = { leak = { "test" } }
apart {
  net_late, net_kind, net_cost, net_word,
  predict { late, rows }, predict { kind, rows }, predict { cost, rows }, predict { word, rows },
  accuracy = evaluate { kind, rows, allow = allow }.accuracy, rmse = evaluate { cost, rows, allow = allow }.rmse, as = "apart",
}
T
for name in torch keras; do
    environment=ml-torch
    [ $name = torch ] || environment=ml-tensorflow
    PATH="$ROOT/build/$environment/bin:$before"
    cp steps.py $name
    sed "s/FRAMEWORK/$name/g" nets.zpl >$name/nets.zpl
    cd $name
    expect 0 zpl run nets.zpl
    zpl show last --json >run.json
    worst=$(json run.json "max(s['outputs']['worst']['value'] for s in j['steps'] if s['name'] == 'apart')")
    python3 -c "import sys; sys.exit(not float('$worst') <= 1e-5)" || fail "$name: what zpl finds is $worst from what the nets give"
    zpl export last/kind/model before.onnx
    zpl export last/again/model after.onnx
    cmp before.onnx after.onnx || fail "$name: the export of one net is other bytes the second time"
    expect 0 zpl show last/kind/model
    contains out "predicts kind: Enum"
    contains out "[n, 6, 6]"
    cd ..
done
