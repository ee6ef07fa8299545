"""test_tensorflow.py - models of TensorFlow as SavedModels: what is kept, made again, refused.      Time limit: 1000 s"""
import hashlib
import json
import os
import subprocess
import sys
import unittest

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "python")]

from process import PACKAGE

import keras_nets
import numpy as np
import tensorflow as tf
from folder import Folder
from zpl import _models
from zpl._errors import StepError
from zpl._types import parse

MODEL = parse("Model {tensorflow}")


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2))
        self.layers = {"shift": tf.Variable([0.5, -0.5]), "parts": [tf.Variable(2.0), tf.Variable(3.0)]}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def __call__(self, x):
        return tf.nn.relu(x @ self.weights + self.layers["shift"]) * self.layers["parts"][0]

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def scale(self, by):
        for part in self.layers["parts"]:
            part.assign(part * by)
        return by


class Words(tf.Module):
    """Has a table that is made from a file, which goes along as an asset."""

    def __init__(self, path):
        super().__init__()
        entries = tf.lookup.TextFileInitializer(path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
        self.table = tf.lookup.StaticHashTable(entries, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def number(self, words):
        return self.table.lookup(words)


def content(folder):
    out = {}
    for place, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(place, name), "rb") as f:
                out[os.path.relpath(os.path.join(place, name), folder)] = hashlib.sha256(f.read()).hexdigest()
    return out


def saved(path):
    _models.save(Net(), MODEL, path, "net")
    return content(path)


class Models(Folder):
    def refused(self, value, words, kind=MODEL):
        with self.assertRaises(StepError) as raised:
            _models.save(value, kind, self.at(), "output 'net'")
        self.assertIn(words, str(raised.exception))

    def test_module(self):
        path, net = self.at(), Net()
        net.scale(2.0)
        _models.save(net, parse("Model"), path, "output 'net'")
        back = _models.load(path, parse("Model"), None)
        x = tf.constant(keras_nets.rows(5, 3))
        self.assertTrue(np.array_equal(net(x), back(x)))
        again = self.at()  # what was given can be returned, changed
        back.scale(0.5)
        _models.save(back, MODEL, again, "output 'net'")
        back = _models.load(again, MODEL, None)
        self.assertTrue(np.array_equal(Net()(x), back(x)))

    def test_asset(self):
        words, path = self.at(), self.at()
        with open(words, "w") as f:
            f.write("a\nb\n")
        _models.save(Words(words), MODEL, path, "output 'net'")
        os.unlink(words)
        back = _models.load(path, MODEL, None)
        self.assertEqual(back.number(tf.constant(["b", "c"])).numpy().tolist(), [1, -1])

    def test_path(self):
        made, path, net = self.at(), self.at(), Net()
        tf.saved_model.save(net, made, signatures={"score": net.__call__})
        _models.save(made, MODEL, path, "output 'net'")
        x = tf.constant(keras_nets.rows(2, 3))
        back = _models.load(path, MODEL, None)
        out = back.signatures["score"](x)
        self.assertTrue(np.array_equal(next(iter(out.values())), net(x)))

    def test_same_bytes_in_other_processes(self):
        """Functions are numbered as they are traced, and each step has a process of its own."""
        said = []
        for seed in ("0", "12345"):
            program = "import sys, json; sys.path[:0] = %r; import test_tensorflow as t; print(json.dumps(t.saved(%r)))" % ([PACKAGE, HERE], self.at())
            environment = dict(os.environ, PYTHONHASHSEED=seed)
            out = subprocess.run([sys.executable, "-B", "-c", program], env=environment, stdout=subprocess.PIPE, check=True)
            said.append(json.loads(out.stdout.splitlines()[-1]))
        self.assertEqual(said[0], said[1])

    def test_refused(self):
        bare = tf.Module()
        bare.v = tf.Variable(1.0)
        self.refused(bare, "has no function that TensorFlow knows")
        self.refused(3, "is an int, and Model {tensorflow} is declared: return a tf.Module")
        self.refused(keras_nets.all_nets()["mlp"][0], "a keras.Sequential, and Model {tensorflow} is declared: declare Model {keras}, or model.export(path)")
        self.refused(self.folder.name, "is a str, and Model {tensorflow} is declared")
        self.refused(Net(), "its framework is called tensorflow here, Model {tensorflow}", parse("Model {tf}"))

    def test_versions(self):
        path = self.at()
        _models.save(Net(), MODEL, path, "output 'net'")
        program = os.path.join(path, "saved_model.pb")
        with open(program, "rb") as f:
            data = f.read()
        version = tf.__version__.encode()
        with open(program, "wb") as f:
            f.write(data.replace(version, b"1" + version[1:]))
        with self.assertRaisesRegex(StepError, "was made with tensorflow 1"):
            _models.load(path, MODEL, None)


if __name__ == "__main__":
    unittest.main()
