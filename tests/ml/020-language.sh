# tests/language/03_torch.zpl and 09_images.zpl run as they are written: a net trained by two workers on Tensors in an environment of
# its own (torch as pip gives it, 3 GB), and one of pictures in a folder; both go on to ONNX and are judged without Python.  They ask for GPUs:
# CUDA_VISIBLE_DEVICES says that there are some, and the functions do without.      Time limit: 2000 s
. "$ROOT/tests/lib.sh"
[ -x "$ROOT/build/ml-torch/bin/python3" ] || skip "there is no build/ml-torch (make test-ml)"
before=$PATH

mkdir digits pets
cd digits
PATH="$ROOT/build/oracle/bin:$before"
cp "$ROOT/tests/language/03_torch.zpl" .
printf '%s\n' torch==2.15.0 numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 onnx==1.23.2 >requirements.txt
cat >net.py <<'P'
import os

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def fit(train, epochs=5, lr=0.001):
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    dist.init_process_group("gloo")
    torch.manual_seed(7)
    x = torch.from_numpy(np.stack(train["x"].to_numpy()))
    y = torch.from_numpy(train["y"].cat.codes.to_numpy(dtype="int64", copy=True))
    net = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    model = DistributedDataParallel(net)
    optimizer, mine = torch.optim.Adam(model.parameters(), lr=lr), torch.arange(rank, len(x), size)
    for epoch in range(epochs):
        for batch in mine[torch.randperm(len(mine), generator=torch.Generator().manual_seed(epoch))].split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
    dist.destroy_process_group()
    return net.eval()
P
mkdir data
python3 - <<'P'
# scikit-learn's digits, of 8 × 8 pixels, in the size of MNIST's
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits

digits = load_digits()
images = np.kron(digits.images, np.ones((1, 4, 4)))[:, 2:30, 2:30].reshape(-1, 784).astype("float32") / 16
pq.write_table(pa.table({"x": pa.array(list(images), pa.list_(pa.float32())), "y": [str(v) for v in digits.target]}),
               "data/digits.parquet")
P
CUDA_VISIBLE_DEVICES=0 expect 1 zpl run 03_torch.zpl
grep -q 'asks for 2 GPUs, and this machine has 1' err || fail "$(cat err)"
export CUDA_VISIBLE_DEVICES=0,1
expect 0 zpl run 03_torch.zpl --json
equal "$(status_of out deploy)" ran "the net is good enough to be deployed; it"
expect 0 zpl run 03_torch.zpl --json
equal "$(json out "sorted({s['status'] for s in j['steps']})")" '["cached"]'

PATH="$ROOT/build/ml-torch/bin:$before"
cd ../pets
cp "$ROOT/tests/language/09_images.zpl" .
cat >pets.py <<'P'
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn


def load(folder: Path, size: int = 224):
    paths = sorted(folder.glob("*.png"))
    images = [np.asarray(Image.open(p).convert("RGB").resize((size, size))).transpose(2, 0, 1) for p in paths]
    return pd.DataFrame({"path": [p.name for p in paths], "image": images, "label": [p.name.split("_")[0] for p in paths]})


class Net(nn.Module):
    def __init__(self, classes: list):
        super().__init__()
        self.classes = classes  # what its outputs are of, in order
        self.layers = nn.Sequential(nn.AvgPool2d(32), nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                    nn.Linear(8, len(classes)))

    def forward(self, image):
        return self.layers(image.float() / 255)


def fit(train: pd.DataFrame):
    torch.manual_seed(3)
    x, names = torch.from_numpy(np.stack(train["image"].to_numpy())), sorted(train["label"].unique())
    y = torch.tensor([names.index(v) for v in train["label"]])
    net = Net(names)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for epoch in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return net.eval()


def judge(net: nn.Module, test: pd.DataFrame) -> float:
    with torch.no_grad():
        said = net(torch.from_numpy(np.stack(test["image"].to_numpy()))).argmax(1)
    return float(np.mean([net.classes[i] == label for i, label in zip(said, test["label"])]))
P
mkdir -p data/pets
python3 - <<'P'
import numpy as np
from PIL import Image

chance = np.random.default_rng(1)
for kind, color in ("cat", (200, 120, 40)), ("dog", (90, 90, 90)), ("fish", (30, 80, 200)):
    for i in range(12):
        Image.fromarray(np.clip(chance.normal(color, 60, (240, 260, 3)), 0, 255).astype("uint8")).save(f"data/pets/{kind}_{i}.png")
P
expect 0 zpl run 09_images.zpl --json
cp out run.json
python3 - <<'P' || fail "ONNX Runtime and PyTorch do not agree"
import json, os, sys

sys.path[:0] = [os.environ["ROOT"] + "/stdlib/python", "."]
import pets
import zpl

want = pets.judge(zpl.load("last/fit/model"), zpl.load("last/split/test"))
report = next(s for s in json.load(open("run.json"))["steps"] if s["step"] == "evaluate")["outputs"]["report"]["value"]
assert abs(report["accuracy"] - want) < 1e-12 and want > 0.6, (report, want)
P
