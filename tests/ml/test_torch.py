"""test_torch.py - models of PyTorch: what is kept, made again, refused.      Time limit: 1000 s"""
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "python")]

from process import PACKAGE, Project

import numpy as np
import pandas as pd
import torch
import torch.nn as nn

from folder import Folder
import nets
from zpl import _models, _project, _safetensors, _tables, _tensors
from zpl._errors import StepError
from zpl._types import parse
from zpl._values import to_json

MODEL = parse("Model {torch}")
warnings.simplefilter("ignore")
_project.stand_in(HERE)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)


def content(path):
    """The digest of a file, or of all files of a folder by name."""
    out = hashlib.sha256()
    for name in sorted(os.listdir(path)) if os.path.isdir(path) else [""]:
        with open(os.path.join(path, name) if name else path, "rb") as f:
            out.update(name.encode() + f.read())
    return out.hexdigest()


def digests():
    """Of everything in nets.py as it is kept: for another process, which prints it."""
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (net, given) in nets.all_nets().items():
            _models.save(net, MODEL, os.path.join(folder, name), name)
            out[name] = content(os.path.join(folder, name))
        _models.save(nets.all_nets()["mlp"][0].state_dict(), MODEL, os.path.join(folder, "s"), "s")
        _models.save(torch.jit.trace(nets.all_nets()["cnn"][0], nets.rows(3, 16)), MODEL, os.path.join(folder, "t"), "t")
        out.update(state=content(os.path.join(folder, "s")), script=content(os.path.join(folder, "t")))
    return out


class Models(Folder):
    def through(self, value):
        path = self.at()
        _models.save(value, MODEL, path, "output 'net'")
        return _models.load(path, MODEL, None)

    def refused(self, value, words):
        with self.assertRaises(StepError) as raised:
            _models.save(value, MODEL, self.at(), "output 'net'")
        self.assertIn(words, str(raised.exception))


class Kept(Models):
    def test_all_nets(self):
        for name, (net, given) in nets.all_nets().items():
            with self.subTest(name):
                path, again = self.at(), self.at()
                _models.save(net, MODEL, path, "output 'net'")
                back = _models.load(path, MODEL, None)
                self.assertIs(type(back), type(net))
                self.assertTrue(same(nets.score(net, given), nets.score(back, given)))
                self.assertEqual([m.training for m in back.modules()], [m.training for m in net.modules()])
                self.assertEqual(list(back.state_dict()), list(net.state_dict()))
                for (n, a), (m, b) in zip(net.named_parameters(), back.named_parameters()):
                    self.assertEqual((n, a.requires_grad, a.stride()), (m, b.requires_grad, b.stride()))
                _models.save(back, parse("Model"), again, "output 'net'")
                self.assertEqual(content(path), content(again))
                self.assertEqual(sorted(os.listdir(path)), ["module.json", "weights.safetensors"])

    def test_same_bytes_in_other_processes(self):
        """Whatever order sets have there."""
        program = "import sys, json; sys.path[:0] = %r; import test_torch; print(json.dumps(test_torch.digests()))" % [PACKAGE, HERE]
        environment = dict(os.environ, PYTHONHASHSEED="12345", PYTHONWARNINGS="ignore")
        out = subprocess.run([sys.executable, "-B", "-c", program], env=environment, cwd=self.folder.name, stdout=subprocess.PIPE, check=True)
        self.assertEqual(json.loads(out.stdout), digests())

    def test_attributes(self):
        net = nets.all_nets()["mlp"][0]
        back = self.through(net)
        self.assertEqual((back.config, back.shape, back.order, back.tags), (net.config, net.shape, net.order, net.tags))
        self.assertIs(back.config.mode, nets.Mode.MEAN)
        self.assertIs(back.act, nn.functional.relu)
        self.assertIs(back.out, torch.tanh)
        self.assertEqual(back.kinds, dict(net.kinds, device=torch.device("cpu")))
        self.assertEqual(type(back.kinds["size"]), torch.Size)
        self.assertEqual((back.space.n, type(back.space.n), back.space.at), (net.space.n, type(net.space.n), net.space.at))
        self.assertEqual(back.space.grid.tolist(), net.space.grid.tolist())
        self.assertEqual(back._non_persistent_buffers_set, {"seen"})
        self.assertIsNone(back.absent)
        self.assertIsNone(back.bias)

    def test_what_is_one_stays_one(self):
        back = self.through(nets.all_nets()["lstm"][0])
        self.assertIs(back.guess.weight, back.words.weight)
        self.assertIs(back.lstm._flat_weights[0], back.lstm.weight_ih_l0)
        back = self.through(nets.all_nets()["attention"][0])
        self.assertIs(back.shared, back.pick["a"])
        both = nn.Sequential(back.shared, back.shared)
        both = self.through(both)
        self.assertIs(both[0], both[1])

    def test_gradients_go_on(self):
        back = self.through(nets.all_nets()["sequential"][0])
        back(nets.rows(5, 4)).sum().backward()
        torch.optim.SGD(back.parameters(), lr=0.1).step()

    def test_state(self):
        state = nets.all_nets()["mixed"][0].state_dict()
        back = self.through(state)
        self.assertEqual(list(back), list(state))
        for name, t in state.items():
            self.assertTrue(same(back[name], t), name)

    def test_arrays(self):
        for array in (np.array(2.5), np.arange(3, dtype=">f4"), np.asfortranarray(np.arange(6).reshape(2, 3)), np.arange(6)[::-2], np.zeros((0, 2), "?")):
            back = self.through(nets.Bare(array)).inner[0].thing
            self.assertEqual((back.shape, back.dtype, back.tolist()), (array.shape, array.dtype.newbyteorder("="), array.tolist()))

    def test_script(self):
        net, given = nets.all_nets()["cnn"]
        for script in (torch.jit.trace(net, given), torch.jit.script(net)):
            back = self.through(script)
            self.assertIsInstance(back, torch.jit.ScriptModule)
            self.assertTrue(same(nets.score(back, given), nets.score(net, given)))

    def test_damaged(self):
        path = self.at()
        _models.save({"a": torch.ones(3)}, MODEL, path, "output 'net'")
        with open(path, "rb") as f:
            data = f.read()
        for bad in (data[:-4], data[:20], b"", data.replace(b'"F32"', b'"F99"'), data.replace(b"[3]", b"[4]")):
            with open(path, "wb") as f:
                f.write(bad)
            with self.assertRaises(StepError):
                _models.load(path, MODEL, None)

    if importlib.util.find_spec("safetensors"):  # which Debian does not have

        def test_safetensors_of_others(self):
            """The library of the format reads what is written, and would write these very bytes."""
            from safetensors.torch import load_file, save_file

            state = {n: t.contiguous() for n, t in nets.all_nets()["mixed"][0].state_dict().items()}
            ours, theirs = self.at(), self.at()
            _safetensors.write(ours, state, {"format": "pt"})
            save_file(state, theirs, {"format": "pt"})
            self.assertEqual(content(ours), content(theirs))
            for name, t in load_file(ours).items():
                self.assertTrue(same(t, state[name]), name)


class Values(unittest.TestCase):
    """Tensors where no Tensor is declared, as a loss is one."""

    def test_values(self):
        half = torch.tensor(0.5, requires_grad=True)
        for value, kind, wanted in [
            (half, "Float", 0.5), (torch.tensor(3), "Int", 3), (torch.ones(2).bfloat16(), "List(Float)", [1.0, 1.0]),
            ({"loss": half * 2, "n": torch.arange(2)}, "Json", {"loss": 1.0, "n": [0, 1]}), ({"loss": half}, "Report {loss: Float}", {"loss": 0.5}),
        ]:
            self.assertEqual(to_json(value, parse(kind), "v"), wanted)
        with self.assertRaisesRegex(StepError, "'x' of v holds a torch.Tensor"):
            to_json({"x": torch.ones(1, device="meta")}, parse("Json"), "v")

    def test_columns(self):
        for values, kind, wanted in [([half, None], "Float", [0.5, None]) for half in [torch.tensor(0.5, requires_grad=True)]] + [
            ([torch.ones(2), None], "List(Float)", [[1.0, 1.0], None]), ([torch.tensor(True)], "Bool", [True])]:
            column = pd.Series([None] * len(values), dtype=object)
            for i, v in enumerate(values):
                column.iat[i] = v
            self.assertEqual(_tables._column(column, parse(kind), "v").to_pylist(), wanted)

    def test_arrays(self):
        for tensor, words in [
            (torch.eye(2).to_sparse(), "sparse or nested: .to_dense"), (torch.ones(2, device="meta"), "on no device"),
            (torch.ones(2).bfloat16(), "bfloat16: .float"), (torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), ".dequantize"),
        ]:
            with self.assertRaisesRegex(StepError, words):
                _tensors.array_of(tensor, parse("Tensor f32[n]"), "v")


class Refused(Models):
    def test_attributes(self):
        endless = []
        endless.append(endless)
        for thing, words in [
            (lambda x: x, "output 'net': its attribute 'inner.0.thing' is a lambda, which has no name"),
            (threading.Lock(), "its attribute 'inner.0.thing' is a _thread.lock, which can't be kept: leave it out by __getstate__"),
            (sys.stderr, "TextIOWrapper, which can't be kept"),
            ([{"deep": object()}], "its attribute 'inner.0.thing.0.deep' is an object"),
            (endless, "nested more than 100 deep"),
            (os.system, "is the function 'system'"),
            (subprocess.run, "is subprocess.run, which reaches outside of a model"),
            (torch.Generator(), "torch.Generator"),
            (torch.ones(2).to_sparse(), "is sparse"),
            (torch.ones(2, dtype=torch.complex128), "torch.complex128"),
            (torch.ones(2, device="meta"), "is on no device"),
            (torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "is quantized"),
            (torch.nested.nested_tensor([torch.ones(1)]) if hasattr(torch, "nested") else torch.ones(1).to_sparse(), "which a file of safetensors has nothing for"),
        ]:
            with self.subTest(words):
                self.refused(nets.Bare(thing), words)

    def test_classes(self):
        class Local(nn.Module):
            pass

        self.refused(Local(), "output 'net' is Refused.test_classes.<locals>.Local, which is defined inside of a function")
        self.refused(nn.Sequential(Local()), "output 'net': '0' is")
        main = type("Main", (nn.Module,), {"__module__": "__main__"})
        self.refused(main(), "is Main, which is defined in a program that is run itself")
        other = type("MLP", (nn.Module,), {"__module__": "nets"})
        self.refused(other(), "is not what nets has under the name 'MLP'")
        if hasattr(torch, "compile"):
            self.refused(torch.compile(nets.Bare()), "return the module that was compiled")
        self.refused(nn.DataParallel(nets.Bare()), "model.module")
        parametrize = torch.nn.utils.parametrize.register_parametrization
        self.refused(nn.Sequential(parametrize(nn.Linear(2, 2), "weight", nn.Identity())), "remove_parametrizations(module, name) makes it plain")
        for name, words in (("__metadata__", "a tensor is called '__metadata__'"), ("\ud800", "is called '\\ud800'"), (1, "the key 1, and the names of a state_dict are texts")):
            self.refused({name: torch.ones(1)}, words)
        self.refused(torch.fx.symbolic_trace(nn.Linear(2, 2)), "its code was made while it ran")

    def test_hooks_and_lazy_ones(self):
        net = nets.Bare()
        net.inner.register_forward_hook(print)
        self.refused(net, "its attribute 'inner._forward_hooks' has a hook, print")
        self.refused(nets.LazyNet(), "it is of a lazy module, which gets it from the first rows it sees")

    def test_other_values(self):
        self.refused({"model": {"a": torch.ones(1)}, "epoch": 3}, "return model.state_dict(), and what else there is")
        self.refused(3, "is an int, and Model {torch} is declared")
        with self.assertRaisesRegex(StepError, r"its framework is called torch here, Model \{torch\}"):
            _models.save(nets.Bare(), parse("Model {pytorch}"), self.at(), "output 'net'")

    def test_versions(self):
        path = self.at()
        _models.save(nets.Bare(), MODEL, path, "output 'net'")
        with open(os.path.join(path, "module.json")) as f:
            said = json.load(f)
        for version, words in [("0.4.1", "would score it differently"), (said["torch"].split(".")[0] + ".999.0", "")]:
            with open(os.path.join(path, "module.json"), "w") as f:
                json.dump(dict(said, torch=version), f)
            log = io.StringIO()
            if words:
                with self.assertRaisesRegex(StepError, words):
                    _models.load(path, MODEL, None)
            else:
                with contextlib.redirect_stderr(log):
                    _models.load(path, MODEL, None)
                self.assertRegex(log.getvalue(), r"zpl: the model was made with torch \d+\.999\.0, and .* may score it differently")


NET = """
import numpy as np
import pandas as pd
import torch
from parts.scale import scale
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)
    def forward(self, x):
        import late
        return scale(self.line(x)) + late.SHIFT
"""
TRAIN = """
import numpy as np
import pandas as pd
import torch
from net import Net
def fit():
    torch.manual_seed(1)
    return Net()
"""
SCORE = "def score(net):\n    import torch\n    return float(net(torch.ones(1, 1)))\n"


class Code(unittest.TestCase):
    """A model and the files of the project that it is scored by, as steps have them."""

    def write(self, files):
        for name, text in files.items():
            self.project.write(name, text)

    def score(self):
        last, _, printed = self.project.call("score", self.given, [("v", "Float")], file="judge/score.py", modules=["judge/score.py"])
        return json.loads(self.project.read("v")) if "done" in last else last["error"]

    def test_code(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        self.write({"steps/net.py": NET, "steps/train.py": TRAIN, "steps/late.py": "SHIFT = 1\n", "parts/scale.py": "def scale(x): return x * 2\n",
                    "judge/score.py": SCORE})
        last, _, printed = self.project.call("fit", {}, [("net", "Model {torch}")], file="steps/train.py")
        self.assertIn("done", last, (last, printed))
        self.given = {"net": {"path": self.project.at("net.out"), "type": "Model {torch}"}}

        first = self.score()
        self.assertIsInstance(first, float)
        with open(os.path.join(self.project.at("net.out"), "module.json")) as f:
            said = json.load(f)
        self.assertEqual(sorted(said["files"]), ["parts/scale.py", "steps/late.py", "steps/net.py"])
        self.assertEqual((said["place"], said["modules"]), ("steps", {"net": "steps/net.py"}))
        self.write({"steps/net.py": "# another comment\n" + NET.replace("\n", "\n\n")})
        self.assertEqual(self.score(), first)
        for name, text, words in [
            ("steps/late.py", "SHIFT = 2\n", "steps/late.py is not what the model was made with: make the model anew"),
            ("steps/late.py", None, "steps/late.py, which the model's class needs, is not there"),
        ]:
            if text is None:
                os.remove(self.project.at(name))
            else:
                self.write({name: text})
            error = self.score()
            self.assertEqual(error["kind"], "import")
            self.assertIn(words, error["message"])

        self.write({"steps/late.py": "SHIFT = 1\n", "judge/late.py": "SHIFT = 9\n", "judge/score.py": "import late\n" + SCORE})
        last, _, _ = self.project.call("score", self.given, [("v", "Float")], file="judge/score.py")
        self.assertIn("the model's class needs steps/late.py as 'late', and the step has imported judge/late.py by that name",
                      last["error"]["message"])


if __name__ == "__main__":
    unittest.main()
