"""test_models.py - models of LightGBM, ONNX, and what is pickled where a step allows it.      Time limit: 200 s"""
import contextlib
import io
import json
import os
import sys
import threading
import unittest

from process import Project

import numpy as np
import pandas as pd
from sklearn import linear_model

from zpl import _models, _pickled
from zpl._errors import StepError
from zpl._types import parse

FRAME = pd.DataFrame({"a": np.arange(60.0) % 7, "b": np.arange(60) % 5, "c": pd.Categorical(["x", "y", "z"] * 20)})
LABEL = np.where(FRAME["a"] + FRAME["b"] > 5, "far", "near")


class Models(unittest.TestCase):
    def setUp(self):
        self.folder = Project()
        self.addCleanup(self.folder.close)
        self.count = 0

    def save(self, value, kind, may_pickle=False):
        self.count += 1
        path = self.folder.at("m%d" % self.count)
        _models.save(value, parse(kind), path, "output 'm'", may_pickle)
        return path

    def through(self, value, kind, hint=None):
        return _models.load(self.save(value, kind), parse(kind), hint)

    def refused(self, words, value, kind, **more):
        with self.assertRaises(StepError) as raised:
            self.save(value, kind, **more)
        self.assertIn(words, str(raised.exception))

    def same_bytes(self, make, kind, **more):
        a, b = self.save(make(), kind, **more), self.save(make(), kind, **more)
        with open(a, "rb") as f, open(b, "rb") as g:
            self.assertEqual(f.read(), g.read())
        return a

    def test_a_class_is_no_model(self):
        words = "output 'm' is the class Ridge, and a model is an object of it: return Ridge(…)"
        for kind in ("Model {sklearn}", "Model"):
            self.refused(words, linear_model.Ridge, kind)
            self.refused(words, linear_model.Ridge, kind, may_pickle=True)

    def test_packages_that_are_not_there(self):
        from zpl._errors import need

        self.assertIs(need("json.decoder"), json.decoder)
        for module, package, name in (("surely_not_there", None, "surely_not_there"), ("surely_not.there", "its-package", "its-package"),
                                      ("needs.another", "needs", "surely_not")):
            os.makedirs(self.folder.at("needs"), exist_ok=True)
            self.folder.write("needs/another.py", "import surely_not.other")
            sys.path.insert(0, self.folder.path)
            try:
                with self.assertRaises(StepError) as raised:
                    need(module, package, "a reason")
            finally:
                sys.path.remove(self.folder.path)
            self.assertEqual(str(raised.exception), "it needs the package '%s' (a reason), which %s does not have: pip install it there"
                             % (name, sys.executable))

    # -- XGBoost

    def test_what_xgboost_does_not_know(self):
        """Names of the features of an array, and how probable a class is."""
        import xgboost

        kind = "Model {xgboost, features: {a: Float, b: Int}, label: far: Bool}"
        frame, label = FRAME[["a", "b"]], LABEL == "far"
        for rows, warned in ((frame, False), (frame.to_numpy(), True)):
            with contextlib.redirect_stderr(io.StringIO()) as log:
                self.save(xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows, label), 2), kind)
            self.assertEqual("without names of its features, so they are taken to be, in this order, a, b" in log.getvalue(), warned)
        for objective in ("binary:hinge", "binary:logitraw", "rank:pairwise"):
            matrix = xgboost.DMatrix(frame, label, qid=np.arange(len(frame)) // 10)
            self.refused("the objective '%s', which gives no probabilities" % objective,
                         xgboost.train({"objective": objective}, matrix, 2), kind)

    def test_what_classes_of_xgboost_were_told(self):
        """Their params come back, `missing` among them, by which they score; another class is not made of one."""
        import xgboost

        frame, label = FRAME[["a", "b"]], LABEL == "far"
        model = xgboost.XGBClassifier(n_estimators=3, missing=3, importance_type="weight", max_depth=2).fit(frame, label)
        path = self.save(model, "Model {xgboost}")
        back = _models.load(path, parse("Model {xgboost}"), xgboost.XGBClassifier)
        for name in ("n_estimators", "missing", "importance_type", "max_depth", "n_jobs"):
            self.assertEqual(back.get_params()[name], model.get_params()[name])
        self.assertTrue(np.array_equal(back.predict_proba(frame), model.predict_proba(frame)))
        self.assertFalse(np.array_equal(model.predict_proba(frame), model.set_params(missing=np.nan).predict_proba(frame)))
        self.assertTrue(np.array_equal(back.feature_importances_, model.feature_importances_))
        self.assertIsInstance(_models.load(path, parse("Model {xgboost}"), xgboost.XGBModel), xgboost.XGBClassifier)
        with self.assertRaisesRegex(StepError, "the model is an XGBClassifier, and the parameter is annotated XGBRegressor"):
            _models.load(path, parse("Model {xgboost}"), xgboost.XGBRegressor)
        self.refused("that has not been fitted", xgboost.XGBClassifier(), "Model {xgboost}")
        self.refused("takes 3.0 for a missing number", back.set_params(missing=3.0), "Model {xgboost, features: {a: Float, b: Int}, label: f: Bool}")
        own = xgboost.XGBRegressor(n_estimators=2, objective=lambda t, p: (p - t, np.ones_like(t))).fit(frame, label * 1.0)
        with contextlib.redirect_stderr(io.StringIO()) as log:
            back = self.through(own, "Model {xgboost}", xgboost.XGBRegressor)
        self.assertIn("output 'm' was given a function as its objective, which is not kept", log.getvalue())
        self.assertTrue(np.array_equal(back.predict(frame), own.predict(frame)))

    def test_xgboost_that_stopped_early(self):
        """Native steps score by all trees there are, and a class of XGBoost by those that it stopped at."""
        import xgboost

        frame, label = FRAME[["a", "b"]], LABEL == "far"
        model = xgboost.XGBClassifier(n_estimators=20, early_stopping_rounds=2, learning_rate=1.0)
        model.fit(frame, label, eval_set=[(frame, ~label)], verbose=False)
        self.assertLess(model.best_iteration + 1, model.get_booster().num_boosted_rounds())
        kind = "Model {xgboost, features: {a: Float, b: Int}, label: f: Bool}"
        back = self.through(model, kind)
        self.assertTrue(np.array_equal(back.predict(xgboost.DMatrix(frame)), model.predict_proba(frame)[:, 1]))
        again = self.through(model, kind, xgboost.XGBClassifier)
        self.assertEqual(again.best_iteration, model.best_iteration)
        self.assertTrue(np.array_equal(again.predict_proba(frame), model.predict_proba(frame)))

    # -- LightGBM

    def test_what_classes_of_lightgbm_were_told(self):
        import lightgbm

        frame, kind = FRAME[["a", "b"]], "Model {lightgbm}"
        model = lightgbm.LGBMRegressor(n_estimators=9, importance_type="gain", min_child_samples=2, learning_rate=np.float64(1.0), verbose=-1,
                                       class_weight={0: 1, 1: 2.5}, monotone_constraints=(1, 0))
        model.fit(frame, FRAME["b"], eval_set=[(frame[::-1], FRAME["b"])], callbacks=[lightgbm.early_stopping(2, verbose=False)])
        back = self.through(model, kind, lightgbm.LGBMRegressor)
        self.assertEqual((back.get_params(), back.best_iteration_), (model.get_params(), model.best_iteration_))
        self.assertTrue(np.array_equal(back.feature_importances_, model.feature_importances_))
        self.assertEqual(self.through(model.booster_, kind).best_iteration, model.booster_.best_iteration)
        with self.assertRaisesRegex(StepError, "the model is an LGBMRegressor, and the parameter is annotated LGBMClassifier"):
            self.through(model, kind, lightgbm.LGBMClassifier)

    def test_lightgbm(self):
        import lightgbm

        def fit():
            return lightgbm.LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1, random_state=1).fit(FRAME, LABEL)

        model, kind = fit(), "Model {lightgbm}"
        path = self.same_bytes(fit, kind)
        booster = _models.load(path, parse("Model"), None)
        self.assertIsInstance(booster, lightgbm.Booster)
        self.assertTrue(np.array_equal(booster.predict(FRAME), model.booster_.predict(FRAME)))
        self.assertTrue(np.array_equal(self.through(booster, kind).predict(FRAME), booster.predict(FRAME)))
        back = _models.load(path, parse(kind), lightgbm.LGBMClassifier)
        self.assertEqual(back.predict(FRAME).tolist(), model.predict(FRAME).tolist())
        self.assertTrue(np.array_equal(back.predict_proba(FRAME), model.predict_proba(FRAME)))
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace('"lightgbm":"%s"' % lightgbm.__version__, '"lightgbm":"1.0"'))
        with contextlib.redirect_stderr(io.StringIO()) as log:
            _models.load(path, parse(kind), None)
        self.assertIn("zpl: the model was made with LightGBM 1.0, and %s may score it differently" % lightgbm.__version__, log.getvalue())
        self.refused("that has not been fitted", lightgbm.LGBMClassifier(), kind)
        self.refused("is an int, and Model {lightgbm} is declared", 3, kind)
        numbers = lightgbm.LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1).fit(FRAME[["a"]], FRAME["b"])
        back = self.through(numbers, kind, lightgbm.LGBMRegressor)
        self.assertTrue(np.array_equal(back.predict(FRAME[["a"]]), numbers.predict(FRAME[["a"]])))

    # -- ONNX

    def proto(self):
        import onnx
        from onnx import TensorProto, helper

        x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 2]) for n in "xy")
        w = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
        graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "g", [x, y][:1], [y], [w])
        out = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        for name in "zyx":
            onnx.helper.set_model_props(out, {name: "1", "a": "2"})
        return out

    def test_onnx(self):
        import onnx

        kind, proto = "Model {onnx}", self.proto()
        path = self.same_bytes(self.proto, kind)
        for value in (proto, proto.SerializeToString(), path):
            back = self.through(value, kind)
            self.assertEqual(back, proto)
        self.assertEqual(_models.load(self.save(proto, "Model"), parse("Model"), None), proto)
        self.refused("is bytes that are no model of ONNX", b"\xff\xff", kind)
        self.refused("is a float, and Model {onnx} is declared: return an onnx.ModelProto", 0.5, kind)
        t = proto.graph.initializer[0]
        t.data_location = onnx.TensorProto.EXTERNAL
        self.refused("has its weights in a file of their own", proto, kind)

    # -- scikit-learn

    def test_partial_functions(self):
        """As HistGradientBoosting has one for columns of categories; what it calls has to be the library's."""
        from functools import partial

        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.preprocessing import FunctionTransformer

        kind = "Model {sklearn}"
        model = HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype").fit(FRAME, LABEL)
        self.assertTrue(np.array_equal(self.through(model, kind).predict_proba(FRAME), model.predict_proba(FRAME)))
        self.refused("the model holds posix.system", FunctionTransformer(partial(os.system, "true")), kind)

    def test_addresses(self):
        """A vectorizer has that of its words, which is another in each process."""
        from sklearn.feature_extraction.text import CountVectorizer

        words = [["xx"], ["xx"]]
        alive = iter([CountVectorizer(stop_words=w).fit(["xx yy", "yy zz"]) for w in words])
        self.same_bytes(lambda: next(alive), "Model {sklearn}")

    # -- pickles

    def test_pickles(self):
        from sklearn.preprocessing import FunctionTransformer

        odd, kind = FunctionTransformer(lambda x: x * 2), "Model {sklearn}"
        self.refused("allow_pickle = true", odd, kind)
        with contextlib.redirect_stderr(io.StringIO()) as log:
            path = self.save(odd, kind, may_pickle=True)
        self.assertIn("zpl: output 'm' is kept by cloudpickle: ", log.getvalue())
        with self.assertRaisesRegex(StepError, "a step that is given it says `allow_pickle = true`"):
            _models.load(path, parse(kind), None)
        back = _models.load(path, parse(kind), None, True)
        self.assertEqual(back.transform(np.ones((1, 2))).tolist(), [[2, 2]])
        plain = FunctionTransformer(np.log1p)
        self.assertFalse(_pickled.holds(self.save(plain, kind, may_pickle=True)))  # skops can

    def test_pickles_of_other_kinds(self):
        kind = "Model {mine}"
        self.refused("what keeps it is not known; register it with zpl.materialiser", {"w": 1}, kind)
        with contextlib.redirect_stderr(io.StringIO()) as log:
            path = self.same_bytes(lambda: {"w": np.ones(2), "s": frozenset("abc")}, kind, may_pickle=True)
        self.assertIn("is kept by pickle: no format of its own", log.getvalue())
        self.assertEqual(_models.load(path, parse(kind), None, True)["w"].tolist(), [1, 1])
        self.refused("can't be pickled, nor by cloudpickle", {"f": threading.Lock()}, kind, may_pickle=True)
        self.refused("framework is called torch", 3, "Model {pytorch}", may_pickle=True)

    def test_pickles_and_code(self):
        """A pickle holds to the project's files as a module of PyTorch does."""
        project = self.folder
        project.write("steps/own.py", "class Scale:\n    def __init__(self, k): self.k = k\n    def of(self, x): return self.k * x\n")
        project.write("steps/make.py", "from own import Scale\ndef make(): return Scale(3)\n")
        project.write("read.py", "def use(m): return m.of(2)\n")
        outputs = [("m", "Model {mine}")]
        last, _, _ = project.call("make", {}, outputs, file="steps/make.py")
        self.assertIn("or let the step pickle it (`allow_pickle = true`)", last["error"]["message"])
        last, _, printed = project.call("make", {}, outputs, file="steps/make.py", allow_pickle=True)
        self.assertIn("done", last, last)
        given = {"m": {"path": project.at("m.out"), "type": "Model {mine}"}}
        reader = {"file": "read.py", "modules": ["read.py"], "allow_pickle": True}
        last, _, printed = project.call("use", given, [("v", "Int")], **reader)
        self.assertIn("done", last, (last, printed))
        self.assertEqual(json.loads(project.read("v")), 6)
        project.write("steps/own.py", "class Scale:\n    def of(self, x): return 0\n")
        last, _, _ = project.call("use", given, [("v", "Int")], **reader)
        self.assertIn("steps/own.py is not what the model was made with", last["error"]["message"])


if __name__ == "__main__":
    unittest.main()
