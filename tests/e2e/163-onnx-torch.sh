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
  if i == 1 and p.most > 1 then onnx.export { net, output = "logit", as = "again" } end
end
T
expect 0 zpl run nets.zpl --jobs 1
zpl show last --json >run.json
"$ROOT/build/torch/bin/python3" - <<'T'
import json
worst = {s["name"]: o["value"] for s in json.load(open("run.json"))["steps"] for n, o in s["outputs"].items() if n == "worst"}
assert len(worst) == 6 and all(w <= 1e-5 for w in worst.values()), worst
T

# The same net is the same bytes again; a comment in its code makes nothing anew, its code does.
zpl export 'last/onnx.export#1/model' before.onnx
zpl export last/again/model after.onnx
cmp before.onnx after.onnx || fail "the export of one net is other bytes the second time"
sed -i '1i # a comment' net.py
expect 0 zpl run nets.zpl
lacks out "ran "
sed -i 's/torch.nn.ReLU()/torch.nn.Tanh()/' net.py
expect 0 zpl run nets.zpl --most 1 --jobs 1
contains out "ran       onnx.export"

# A Tensor is the input as it stands: floats, bytes that the net takes itself, and bytes that become floats.
cat >images.py <<'T'
import numpy as np
import pandas as pd
import torch


class Net(torch.nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.line = torch.nn.Linear(4 * 3 * 4, 3)
        self.scale = scale

    def forward(self, x):
        x = x.float() / 255 if self.scale else x
        return self.line(torch.relu(self.conv(x.unsqueeze(1))).flatten(1))


def make(gaps: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = [rng.normal(size=(5, 6)).astype(np.float32) for _ in range(3000)]
    b = [rng.integers(0, 256, (5, 6)).astype(np.uint8) for _ in range(3000)]
    if gaps:
        x[2500] = None
    return pd.DataFrame({"x": x, "b": b, "kind": rng.choice(["u", "v", "w"], 3000)})


def fit(rows: pd.DataFrame, scale: bool) -> torch.nn.Module:
    torch.manual_seed(3)
    return Net(scale)


def apart(net: torch.nn.Module, scored: pd.DataFrame, column: str) -> float:
    net.eval()
    x = torch.tensor(np.stack(scored[column]))
    with torch.no_grad():
        best = torch.softmax(net(x if net.scale else x.float()), 1).max(1)
    assert list(scored["prediction"]) == ["uvw"[i] for i in best.indices]
    return float((best.values.double() - torch.tensor(scored["score"].to_numpy())).abs().max())
T
cat >images.zpl <<'T'
local make = step "make" { signature = "(gaps: Bool = false) -> (rows: Table {x: Tensor f32[5, 6], b: Tensor u8[5, 6], kind: Enum {\"u\", \"v\", \"w\"}})", python = "images.py:make" }
local fit = step "fit" { signature = "(rows: Table {kind: y, ...f}, scale: Bool) -> (net: Model {torch, features: f, label: kind: y})", python = "images.py:fit" }
local apart = step "apart" { signature = "(net: Model {torch}, scored: Table {...r}, column: String) -> (worst: Float)", python = "images.py:apart" }
local rows, gaps = make {}, make { gaps = true }
local function try (rows, column, scale)
  local net = fit { rows, scale = scale }
  local model = onnx.export { net, as = "onnx " .. column .. tostring(scale) }
  evaluate { model, rows, allow = { leak = { "test" } } }
  return net, predict { model, rows }
end
local floats = sql [[ SELECT x, kind FROM rows ]]
local bytes = sql [[ SELECT b, kind FROM rows ]]
local n1, s1 = try(floats, "x", false)
apart { n1, s1, column = "x" }
local n2, s2 = try(bytes, "b", true)
apart { n2, s2, column = "b" }
local n3, s3 = try(bytes, "b", false)
apart { n3, s3, column = "b" }
predict { onnx.export { n1 }, sql [[ SELECT x, kind FROM gaps ]], as = "missing" }
T

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
{
    echo 'local rows = sql [[ SELECT i::DOUBLE AS a, i / 2 AS b, i > 3 AS y, i::VARCHAR AS z FROM range(9) t(i) ]]'
    for odd in "pair Bool y" "weights Bool y" "wide Bool y" "wide String z"; do
        # shellcheck disable=SC2086 # three words
        set -- $odd
        echo "local net = step \"$1\" { signature = \"(rows: Table {$3: $2, ...f}) -> (net: Model {torch, features: f, label: $3})\","
        echo "  python = \"odd.py:$1\" }"
        echo "onnx.export { net { sql [[ SELECT a, b, $3 FROM rows ]] } }"
    done
} >odd.zpl

# What the net's code asks of programs while it is exported is confined as in a step of Python's: a file that no key knows is not read.  (Of a name
# that the shell finds out by itself only the kernel knows.)
if zpl version | grep -q 'files by Landlock'; then
    echo 2 >factor.txt
    cat >peek.py <<'T'
import os

import pandas as pd
import torch


class Peek(torch.nn.Module):
    def forward(self, x):
        with os.popen("cat fact*.txt") as said:
            return x.sum(1, keepdim=True) * float(said.read())


def peek(rows: pd.DataFrame) -> torch.nn.Module:
    return Peek()
T
    cat >peek.zpl <<'T'
local rows = sql [[ SELECT i::DOUBLE AS a, i::DOUBLE AS y FROM range(9) t(i) ]]
local net = step "peek" { signature = "(rows: Table {y: Float, ...f}) -> (net: Model {torch, features: f, label: y})", python = "peek.py:peek" }
onnx.export { net { rows } }
T
fi

# All in one run, by the same two processes of Python.
for part in images odd peek; do
    [ ! -e $part.zpl ] || { echo do && cat $part.zpl && echo end; }
done >rest.zpl
expect 1 zpl run rest.zpl --jobs 1
failures=$([ -e peek.zpl ] && echo 6 || echo 5)
[ "$(grep -c 'failed: ' err)" = $failures ] || fail "$(cat err)"
contains err "feature 'x' of \`rows\` is null in row 2501"
contains err "a row has to have one number or one a class"
contains err "which is weights without a net"
contains err "gives 3 numbers a row, and its label is Bool"
contains err "does not know its classes: declare the label as an Enum"
[ ! -e peek.zpl ] || contains err "ermission denied"
zpl show last --json >run.json
"$ROOT/build/torch/bin/python3" - <<'T'
import json
worst = [o["value"] for s in json.load(open("run.json"))["steps"] for n, o in s["outputs"].items() if n == "worst"]
assert len(worst) == 3 and all(w <= 1e-5 for w in worst), worst
T
expect 0 zpl show 'last/onnx btrue/model'
contains out "u8[n, 5, 6]"
expect 0 zpl show 'last/onnx bfalse/model'
contains out "f32[n, 5, 6]"
