"""nets.py - modules of PyTorch as people write them, for test_torch.py."""
import dataclasses
import enum
import math
from collections import OrderedDict, namedtuple
from functools import partial
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Mode(enum.Enum):
    MEAN = "mean"
    MAX = "max"


@dataclasses.dataclass(frozen=True)
class Config:
    width: int = 8
    rates: tuple = (0.1, 0.2)
    mode: Mode = Mode.MEAN
    names: dict = dataclasses.field(default_factory=lambda: {"a": 1})


Shape = namedtuple("Shape", "rows cols")


def halve(x):
    return x / 2


class MLP(nn.Module):
    def __init__(self, config=Config()):
        super().__init__()
        self.config = config
        self.shape = Shape(4, 3)
        self.act = F.relu
        self.out = torch.tanh
        self.twice = [halve, partial(torch.clamp, min=-1.0), math.sqrt]
        self.kinds = {"dtype": torch.float32, "size": torch.Size([2, 3]), "device": torch.device("cuda:0"), 3: (1, None, float("inf"))}
        self.order = OrderedDict(b=1, a=2)
        self.tags = {"z", "a", "k"}
        self.space = SimpleNamespace(n=np.float32(0.5), grid=np.arange(6).reshape(2, 3), at=slice(1, None))
        self.scale = torch.tensor([1.5])
        self.first = nn.Linear(4, config.width)
        self.norm = nn.BatchNorm1d(config.width)
        self.second = nn.Linear(config.width, 3)
        self.register_buffer("seen", torch.tensor(7), persistent=False)
        self.register_buffer("absent", None)
        self.register_parameter("bias", None)
        self.second.weight.requires_grad_(False)

    def forward(self, x):
        x = self.norm(self.act(self.first(x)))
        for one in self.twice[:2]:
            x = one(x)
        return self.out(self.second(x)) * self.scale * self.space.n.item() + self.seen


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            OrderedDict(conv=nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"), act=nn.GELU(), pool=nn.MaxPool2d(2), drop=nn.Dropout(0.5))
        )
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.body(x.reshape(-1, 1, 4, 4)).flatten(1))


class Reader(nn.Module):
    """Words in, a class out, with weights that are tied."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(11, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 8, num_layers=2, batch_first=True, bidirectional=True)
        self.back = nn.Linear(16, 8)
        self.guess = nn.Linear(8, 11, bias=False)
        self.guess.weight = self.words.weight

    def forward(self, ids):
        return self.guess(self.back(self.lstm(self.words(ids))[0]))


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8))
        self.pick = nn.ModuleDict({"a": nn.Linear(8, 2), "b": nn.Identity()})
        self.more = nn.ParameterList([nn.Parameter(torch.ones(8)), nn.Parameter(torch.zeros(8))])
        self.named = nn.ParameterDict({"w": nn.Parameter(torch.full((8,), 2.0))})
        self.hidden = [nn.Linear(2, 2)]  # in no list of modules
        self.shared = self.pick["a"]

    def forward(self, x):
        x = self.encoder(x) * self.more[0] + self.more[1] * self.named["w"]
        return self.hidden[0](self.shared(self.pick["b"](x)))


class Mixed(nn.Module):
    """Of several types and orders in memory."""

    def __init__(self):
        super().__init__()
        self.wideness = nn.Parameter(torch.arange(6, dtype=torch.float64).reshape(2, 3).t())
        self.conv = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        self.register_buffer("mask", torch.tensor([True, False, True]))
        self.register_buffer("ids", torch.arange(3, dtype=torch.int16))
        self.register_buffer("bf", torch.tensor([1.0, 2.5], dtype=torch.bfloat16))
        self.register_buffer("wide", torch.ones(1, 3).expand(4, 3))
        self.register_buffer("none", torch.zeros(0, 4))
        self.register_buffer("z", torch.tensor([1 + 2j], dtype=torch.complex64))

    def forward(self, x):
        return self.conv(x).sum() + (self.wideness.float() * self.mask[:, None]).sum() + self.wide.sum() + self.bf.float().sum() + self.z.real.sum()


class Guarded(nn.Module):
    """What can't be kept is left out, and made again."""

    def __init__(self):
        super().__init__()
        self.line = nn.Linear(4, 2)
        self.__setstate__(self.__dict__)

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k != "lock"}

    def __setstate__(self, state):
        import threading

        super().__setstate__(state)
        self.lock = threading.Lock()

    def forward(self, x):
        with self.lock:
            return self.line(x)


class Bare(nn.Module):
    """With an attribute that a test puts there."""

    def __init__(self, thing=None):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2))
        self.inner[0].thing = thing

    def forward(self, x):
        return self.inner(x)


class LazyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.LazyLinear(3)

    def forward(self, x):
        return self.line(x)


class Outer:
    class Net(nn.Module):
        def forward(self, x):
            return x + 1


def rows(*shape):
    return torch.linspace(-1, 1, math.prod(shape)).reshape(shape)


def all_nets():
    """Name: a module that has seen some rows, and what it is given."""
    torch.manual_seed(3)
    lazy = LazyNet()
    lazy(rows(2, 5))
    plain = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(), nn.Linear(6, 2), nn.Softmax(dim=1))
    transformer = nn.Transformer(d_model=8, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=8, batch_first=True)
    out = {
        "sequential": (plain, rows(5, 4)),
        "mlp": (MLP(), rows(5, 4)),
        "cnn": (CNN(), rows(3, 16)),
        "lstm": (Reader(), torch.arange(12).reshape(3, 4) % 11),
        "gru": (nn.GRU(4, 3, dropout=0.2, num_layers=2), rows(2, 3, 4)),
        "attention": (Attending(), rows(2, 3, 8)),
        "transformer": (transformer, None),
        "mixed": (Mixed(), rows(1, 3, 5, 5)),
        "guarded": (Guarded(), rows(2, 4)),
        "lazy": (lazy, rows(2, 5)),
        "nested": (Outer.Net(), rows(2)),
        "norms": (nn.Sequential(nn.GroupNorm(2, 4), nn.InstanceNorm1d(4, affine=True), nn.PReLU(), nn.Upsample(scale_factor=2)), rows(2, 4, 6)),
    }
    for name, (net, given) in out.items():
        if name != "mixed" and given is not None:
            net.train()
            torch.manual_seed(5)
            net(given)
        net.train(name == "sequential")  # one is kept in the mode of training
    return out


def score(net, given):
    """What it gives, the same for the same net."""
    torch.manual_seed(11)
    with torch.no_grad():
        out = net(given) if given is not None else net(rows(2, 3, 8), rows(2, 2, 8))
    return out[0] if isinstance(out, tuple) else out
