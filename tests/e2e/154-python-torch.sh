# Models of PyTorch between steps, by the system's Python with its PyTorch: what they are scored by belongs to them.
# Time limit: 240 s
. "$ROOT/tests/lib.sh"
[ -x "$ROOT/build/torch/bin/python3" ] || skip "there is no build/torch (make oracle, with python3-torch)"
PATH="$ROOT/build/torch/bin:$PATH"
export PATH

mkdir -p steps parts judge
cat >steps/net.py <<'T'
import torch
from parts.scale import scale

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 1)

    def forward(self, x):
        return scale(self.line(x)).sum()
T
echo 'def scale(x): return x * 2' >parts/scale.py
cat >steps/train.py <<'T'
import torch
from net import Net

def fit() -> torch.nn.Module:
    torch.manual_seed(1)
    return Net()
T
cat >judge/score.py <<'T'
import torch

def score(net: torch.nn.Module) -> float:
    return float(net(torch.ones(1, 3)))

def size(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())
T
cat >p.zpl <<'T'
local fit   = step "fit"   { python = "steps/train.py:fit" }
local score = step "score" { python = "judge/score.py:score" }
local size  = step "size"  { python = "judge/score.py:size" }
local net   = fit {}
artifact.write { net, "net" }
return { score { net }, size { net } }
T
states() { # states WHAT: how the steps end now
    expect 0 zpl run p.zpl --json --jobs 1 # one process with PyTorch, not two
    equal "$(json out "[s['status'] for s in j['steps'] if s['name'] != 'artifact.write']")" "$2" "after $1 the steps"
}
states "nothing" '["ran", "ran", "ran"]'
expect 0 zpl show last/size/value
contains out 4

# Weights are the same whatever forward does: all that reads the model runs again with what it says, and for nothing else.
for file in steps/net.py parts/scale.py; do
    printf '# why\n\n%s\n' "$(cat $file)" >new && mv new $file
    states "a comment in $file" '["cached", "cached", "cached"]'
done
expect 0 zpl export last/fit/model before.d
sed -i 's/\.sum()/.mean()/' steps/net.py
states "an edit of forward" '["ran", "ran", "ran"]'
expect 0 zpl export last/fit/model after.d
cmp -s before.d/weights.safetensors after.d/weights.safetensors || fail "the weights are others"
! cmp -s before.d/module.json after.d/module.json || fail "the model's bytes are the same"
states "nothing" '["cached", "cached", "cached"]'

# from Python, outside of a step
PYTHONPATH="$ROOT/stdlib/python" python3 - <<'P'
import zpl
net = zpl.load("net")
assert type(net).__name__ == "Net" and len(list(net.parameters())) == 2
P

# a model that was kept by other code is refused, in words
cat >use.zpl <<'T'
local score = step "score" { python = "judge/score.py:score" }
return { score { artifact.read { "net", type = Model { "torch" } } } }
T
sed -i 's/x \* 2/x * 3/' parts/scale.py
sed -i 's/1, 3))/2, 3))/' judge/score.py
expect 1 zpl run use.zpl
contains err "parts/scale.py is not what the model was made with: make the model anew"

# the example, whose net two processes train together
mkdir example && cd example
cp "$ROOT"/examples/torch/* . && expect 0 zpl run digits.zpl --epochs 6 --json
equal "$(status_of out deploy)" ran "the net is good enough to be deployed; it"
accuracy() { # accuracy STEP OUTPUT
    json out "[round(s['outputs']['$2']['value']['accuracy'], 6) for s in j['steps'] if s['name'] == '$1'][0]"
}
equal "$(accuracy evaluate report)" "$(accuracy judge report)" "the accuracy that ONNX Runtime comes to"
