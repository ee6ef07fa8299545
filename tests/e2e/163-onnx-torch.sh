# Nets of PyTorch as models of ONNX: what onnx.export makes of them is scored natively as the net scores, logits and probabilities are
# told apart, the net's own code counts, and what can't be is told.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
[ -x "$ROOT/build/torch/bin/python3" ] || skip "there is no build/torch (make oracle, with python3-torch)"
[ -e "$ROOT/build/deps/onnxruntime/libonnxruntime.so" ] || [ -n "${ONNXRUNTIME_DIR:-}" ] || skip "there is no ONNX Runtime (make deps)"
PATH="$ROOT/build/torch/bin:$PATH"
export PATH

cat >net.py <<'T'
import pandas as pd
import torch


class Net(torch.nn.Module):
    def __init__(self, width, last):
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, width))
        self.last = last

    def forward(self, x):
        out = self.inner(x)
        return torch.sigmoid(out) if self.last == "sigmoid" else torch.softmax(out, 1) if self.last == "softmax" else out


def make(seed: int = 1) -> pd.DataFrame:
    import numpy as np
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({c: rng.normal(size=300) for c in "abc"})
    z = rows["a"] - rows["b"]
    rows["late"] = z > 0
    rows["kind"] = np.where(z < -1, "u", np.where(z < 1, "v", "w"))
    rows["cost"] = z * 2
    return rows


def fit(rows: pd.DataFrame, label: str, last: str = "") -> torch.nn.Module:
    torch.manual_seed(3)
    net = Net(3 if label == "kind" else 2 if last == "softmax" else 1, last)
    x = torch.tensor(rows[["a", "b", "c"]].to_numpy(), dtype=torch.float32)
    for _ in range(3):
        net(x)
    return net


def apart(net: torch.nn.Module, scored: pd.DataFrame, label: str, last: str = "") -> float:
    net.eval()
    x = torch.tensor(scored[["a", "b", "c"]].to_numpy(), dtype=torch.float32)
    with torch.no_grad():
        out = net(x)
    if label == "cost":
        return float((out[:, 0].double() - torch.tensor(scored["prediction"].to_numpy())).abs().max())
    if label == "kind":
        p = out if last else torch.softmax(out, 1)
        best = p.max(1)
        assert list(scored["prediction"]) == ["uvw"[i] for i in best.indices]
        return float((best.values.double() - torch.tensor(scored["score"].to_numpy())).abs().max())
    p = out[:, -1] if last else torch.sigmoid(out[:, 0])
    return float((p.double() - torch.tensor(scored["score"].to_numpy())).abs().max())
T
cat >nets.zpl <<'T'
local make = step "make" { signature = '(seed: Int = 1) -> (rows: Table {a: Float, b: Float, c: Float, late: Bool, kind: Enum {"u", "v", "w"}, cost: Float})', python = "net.py:make" }
local apart = step "apart" { signature = '(net: Model {torch}, scored: Table {...r}, label: String, last: String = "") -> (worst: Float)', python = "net.py:apart" }
local fit = step "fit" { signature = '(rows: Table {l: y, ...f}, label: column l, last: String = "") -> (net: Model {torch, features: f, label: l: y})', python = "net.py:fit" }
local p = params { most = 6 }
local all = make {}
for i, t in ipairs { { "late", "" }, { "late", "sigmoid" }, { "late", "softmax" }, { "kind", "" }, { "kind", "softmax" }, { "cost", "" } } do
  if i > p.most then break end
  local label, last = t[1], t[2]
  local rows = ({ late = sql [[ SELECT a, b, c, late FROM "all" ]], kind = sql [[ SELECT a, b, c, kind FROM "all" ]], cost = sql [[ SELECT a, b, c, cost FROM "all" ]] })[label]
  local net = fit { rows, label = label, last = last }
  local model = onnx.export { net }
  apart { net, predict { model, rows }, label = label, last = last }
end
T
expect 0 zpl run nets.zpl
zpl show last --json >run.json
"$ROOT/build/torch/bin/python3" - <<'T'
import json
worst = {s["name"]: o["value"] for s in json.load(open("run.json"))["steps"] for n, o in s["outputs"].items() if n == "worst"}
assert len(worst) == 6 and all(w <= 1e-5 for w in worst.values()), worst
T

# The same net is the same bytes, whoever makes them again; a comment in its code makes nothing anew, its code does.
zpl export 'last/onnx.export#1/model' before.onnx
sed -i '1i # a comment' net.py
expect 0 zpl run nets.zpl
lacks out "ran "
rm -rf .zpl
expect 0 zpl run nets.zpl --most 1
zpl export last/onnx.export/model after.onnx
cmp before.onnx after.onnx || fail "the export of one net is other bytes the second time"
sed -i 's/torch.nn.ReLU()/torch.nn.Tanh()/' net.py
expect 0 zpl run nets.zpl --most 1
contains out "ran       onnx.export"

# What is told: a net that gives no scores, weights alone, classes that nobody knows.
cat >odd.py <<'T'
import pandas as pd
import torch


class Pair(torch.nn.Module):
    def forward(self, x):
        return x, x


def pair(rows: pd.DataFrame) -> torch.nn.Module:
    return Pair()


def weights(rows: pd.DataFrame):
    return torch.nn.Linear(2, 1).state_dict()


def wide(rows: pd.DataFrame) -> torch.nn.Module:
    return torch.nn.Linear(2, 3)
T
odd() { # odd FUNCTION LABEL WORDS
    cat >odd.zpl <<T
local net = step "net" { signature = "(rows: Table {y: $2, ...f}) -> (net: Model {torch, features: f, label: y})", python = "odd.py:$1" }
local rows = sql [[ SELECT i::DOUBLE AS a, i / 2 AS b, $4 AS y FROM range(9) t(i) ]]
onnx.export { net { rows } }
T
    expect 1 zpl run odd.zpl
    contains err "$3"
}
odd pair Bool "a row has to have one number or one a class" "i > 3"
odd weights Bool "which is weights without a net" "i > 3"
odd wide Bool "gives 3 numbers a row, and its label is Bool" "i > 3"
odd wide String "does not know its classes: declare the label as an Enum" "i::VARCHAR"
