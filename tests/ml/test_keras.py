"""test_keras.py - models of Keras on TensorFlow: what is kept, made again, refused.      Time limit: 1000 s"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "python")]

from process import PACKAGE, Project

import keras
import keras_nets as nets
from folder import Folder
import numpy as np
from zpl import _models, _project
from zpl._errors import StepError
from zpl._types import parse

MODEL = parse("Model {keras}")
_project.stand_in(HERE)


def content(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def digests():
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (net, _) in nets.all_nets().items():
            _models.save(net, MODEL, os.path.join(folder, name), name)
            out[name] = content(os.path.join(folder, name))
    return out


class Models(Folder):
    def refused(self, value, words, kind=MODEL):
        with self.assertRaises(StepError) as raised:
            _models.save(value, kind, self.at(), "output 'net'")
        self.assertIn(words, str(raised.exception))

    def test_all_nets(self):
        for name, (net, given) in nets.all_nets().items():
            with self.subTest(name):
                path = self.at()
                _models.save(net, parse("Model"), path, "output 'net'")
                back = _models.load(path, parse("Model"), None)
                self.assertIs(type(back), type(net))
                self.assertTrue(np.array_equal(nets.score(net, given), nets.score(back, given)))
                self.assertEqual(hasattr(back, "optimizer"), hasattr(net, "optimizer"))

    def test_same_bytes_in_other_processes(self):
        program = "import sys, json; sys.path[:0] = %r; import test_keras; print(json.dumps(test_keras.digests()))" % [PACKAGE, HERE]
        environment = dict(os.environ, PYTHONHASHSEED="12345")
        out = subprocess.run([sys.executable, "-B", "-c", program], env=environment, stdout=subprocess.PIPE, check=True)
        self.assertEqual(json.loads(out.stdout.splitlines()[-1]), digests())

    def test_refused(self):
        self.refused(keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x)]), "is made of a lambda")
        self.refused(keras.Sequential([keras.layers.Dense(2)]), "has no weights yet")
        self.refused(3, "is an int, and Model {keras} is declared: return a keras.Model")

        class Local(keras.layers.Layer):
            pass

        self.refused(keras.Sequential([keras.layers.Input((2,)), Local()]), "which is defined inside of a function")
        net = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, activation=nets.halve)])
        self.refused(net, "its function 'halve' is loaded again by no name: write @keras.saving.register_keras_serializable() before it")
        net = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2)])
        net.compile(loss="mse", metrics=[nets.halve])
        self.refused(net, "its function 'halve' is loaded again by no name")

    def test_versions(self):
        path, other = self.at(), self.at()
        _models.save(nets.all_nets()["mlp"][0], MODEL, path, "output 'net'")
        with zipfile.ZipFile(path) as file, zipfile.ZipFile(other, "w") as kept:
            for name in file.namelist():
                data = file.read(name)
                kept.writestr(name, data.replace(b'"keras": "3.', b'"keras": "2.') if name == "module.json" else data)
        with self.assertRaisesRegex(StepError, "would score it differently"):
            _models.load(other, MODEL, None)

    def test_functions(self):
        """A function of the project's own belongs to the model as a layer does: an activation, a loss, a metric."""
        project = Project()
        self.addCleanup(project.close)
        own = "".join("@keras.saving.register_keras_serializable()\ndef %s\n" % f for f in (
            "double(x): return x * 2", "far(a, b): return keras.ops.mean((a - b) ** 2)", "near(a, b): return keras.ops.mean(a - b)"))
        project.write("own.py", "import keras\n" + own)
        project.write("fit.py", "import keras, own\ndef fit():\n"
                      "    dense = keras.layers.Dense(1, activation=own.double, kernel_initializer='ones')\n"
                      "    net = keras.Sequential([keras.layers.Input((2,)), dense])\n"
                      "    net.compile(loss=own.far, metrics=[own.near])\n    return net\n")
        project.write("score.py", "def score(net):\n    import numpy\n    one = numpy.ones((1, 2))\n"
                      "    return [float(v) for v in [*net.predict(one, verbose=0)[0], *net.evaluate(one, numpy.array([[1.0]]), verbose=0)]]\n")
        last, _, printed = project.call("fit", {}, [("net", "Model {keras}")], file="fit.py")
        self.assertIn("done", last, (last, printed))
        given = {"net": {"path": project.at("net.out"), "type": "Model {keras}"}}
        last, _, printed = project.call("score", given, [("v", "List(Float)")], file="score.py", modules=["score.py"])
        self.assertIn("done", last, (last, printed))
        self.assertEqual(json.loads(project.read("v")), [4.0, 9.0, -3.0])

    def test_code(self):
        """A layer of the project's own belongs to the model; who reads it need not import it."""
        project = Project()
        self.addCleanup(project.close)
        layer = "import keras\n\n\n@keras.saving.register_keras_serializable()\nclass Twice(keras.layers.Layer):\n    def call(self, x): return x * 2\n"
        project.write("steps/own.py", layer)
        project.write("steps/fit.py", "import keras\nfrom own import Twice\ndef fit(): return keras.Sequential([keras.layers.Input((2,)), Twice()])\n")
        project.write("score.py", "def score(net):\n    import numpy\n    return float(numpy.asarray(net(numpy.ones((1, 2)))).sum())\n")
        last, _, printed = project.call("fit", {}, [("net", "Model {keras}")], file="steps/fit.py")
        self.assertIn("done", last, (last, printed))
        given = {"net": {"path": project.at("net.out"), "type": "Model {keras}"}}
        for text, value in [("", 4.0), ("# a comment\n", 4.0), ("K = 2\n", "steps/own.py is not what the model was made with")]:
            project.write("steps/own.py", text + layer)
            last, _, printed = project.call("score", given, [("v", "Float")], file="score.py", modules=["score.py"])
            if isinstance(value, float):
                self.assertIn("done", last, (last, printed))
                self.assertEqual(json.loads(project.read("v")), value)
            else:
                self.assertIn(value, last["error"]["message"])


if __name__ == "__main__":
    unittest.main()
