"""What a converter made is held to the model: some rows are scored by both.

Converters leave things out without a word: the link of a loss, indicators, what a tree does with a missing value.  The rows are
made up: of the numbers that the model has learnt (means, thresholds, rows that it keeps), with noise around them, as 32-bit
floats, since nearly all of ONNX is that.
"""
from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Tuple

import numpy as np

from zpl._errors import StepError
from zpl._export_parts import booster_of
from zpl._types import Type

_ROWS = 400
_MOST = 0.01  # share of the rows that may differ: a value at a threshold falls on either side of it
_PARTS_MAX = 20000  # objects of a model that are looked through


def hold(
    own: Callable[[Dict[str, Any]], Any], model: Any, data: bytes, output: str, kind: Type, what: str
) -> bool:  # fmt: skip
    """Raises StepError where the file of ONNX does not score as `own` does, which is given columns by name.

    False: it does where nothing is missing, and is not to be asked where a number is.
    """
    rows = _made_up(model, kind)
    try:
        wanted = _scores(own(rows))
    except Exception as e:
        print("zpl: the model of ONNX is not compared with %s, which refuses made-up rows: %s" % (what, e))
        return True
    try:
        asked = _asking(data, output)
        found = _scores(asked(rows))
    except Exception as e:
        words = " ".join(str(e).split())
        raise StepError("type", "what the converter made of %s can't be run: %s" % (what, words[-300:])) from e
    _compare(wanted, found, what)
    return _missing_alike(own, asked, rows, kind)


def _missing_alike(own: Any, asked: Any, rows: Dict[str, Any], kind: Type) -> bool:
    chance = np.random.default_rng(1)
    holes = dict(rows)
    for name, column in kind.columns:
        if column.kind == "Float" or (column.kind in ("Int", "Bool") and column.optional):
            holes[name] = np.where(chance.random(_ROWS) < 0.3, np.nan, rows[name].astype(float))
    try:
        wanted = _scores(own(holes))
        found = _scores(asked(holes))
        _compare(wanted, found, "")
    except Exception:  # one of the two does without, or does something else
        return False
    return True


def _compare(wanted: Any, found: Any, what: str) -> None:
    if found.shape[1] == wanted.shape[1] + 1:
        found = found[:, 1:]  # of two classes the second
    if found.shape != wanted.shape:
        raise StepError("type", "the model of ONNX gives %d numbers a row, and %s gives %d" % (found.shape[1], what, wanted.shape[1]))
    off = np.abs(found - wanted)
    differs = ~(off <= 1e-4 + 1e-4 * np.abs(wanted)).all(axis=1)
    if differs.mean() > _MOST:
        row, column = np.unravel_index(int(np.nanargmax(np.where(np.isnan(off), np.inf, off))), off.shape)
        raise StepError(
            "type",
            "what the converter made of %s scores otherwise than the model: %d of %d made-up rows differ, one is %.6g in place "
            "of %.6g. It does not know such a model: score it by a step in Python"
            % (what, int(differs.sum()), _ROWS, found[row, column], wanted[row, column]),
        )


def _scores(values: Any) -> Any:
    found = np.asarray(values, dtype=float)
    return found.reshape(len(found), -1)


# ---- the file ----


def _asking(data: bytes, output: str) -> Callable[[Dict[str, Any]], Any]:
    """Scores columns by name with ONNX Runtime where it is installed, else with what onnx has to check others."""
    import onnx

    inputs = [(i.name, i.type.tensor_type.elem_type) for i in onnx.load_model_from_string(data).graph.input]
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        run: Callable[[Dict[str, Any]], Any] = lambda feed: session.run([output], feed)[0]
    except ModuleNotFoundError:
        from onnx.reference import ReferenceEvaluator

        evaluator = ReferenceEvaluator(data)
        run = lambda feed: evaluator.run([output], feed)[0]  # noqa: E731
    kinds = {onnx.TensorProto.FLOAT: np.float32, onnx.TensorProto.DOUBLE: np.float64, onnx.TensorProto.INT64: np.int64}

    def ask(rows: Dict[str, Any]) -> Any:
        if len(inputs) == 1 and inputs[0][0] not in rows:
            return run({inputs[0][0]: np.stack([rows[n] for n in rows], axis=1).astype(kinds[inputs[0][1]])})
        return run({n: rows[n].astype(kinds.get(t, object)).reshape(-1, 1) for n, t in inputs})

    return ask


# ---- rows ----


def _made_up(model: Any, kind: Type) -> Dict[str, Any]:
    chance = np.random.default_rng(0)
    centres, texts = _learnt(model, len(kind.columns))
    out: Dict[str, Any] = {}
    for i, (name, column) in enumerate(kind.columns):
        if column.kind in ("String", "Enum"):
            known = list(column.values or ()) or texts.get(i) or sorted({t for ts in texts.values() for t in ts}) or ["a", "b"]
            out[name] = np.array(chance.choice(known, _ROWS), dtype=object)
            continue
        at = centres[i] if centres[i] else [0.0]
        spread = max(float(np.std(at)), abs(float(np.median(at))) * 1e-3, 1.0 if not centres[i] else 1e-3)
        values = chance.choice(at, _ROWS) + spread * chance.standard_normal(_ROWS) * chance.choice([0.03, 1.0, 3.0], _ROWS)
        if column.kind == "Bool":
            values = (chance.random(_ROWS) < 0.5).astype(float)
        elif column.kind == "Int":
            values = np.rint(values).astype(np.float32).astype(np.int64)
        out[name] = values if column.kind == "Int" else values.astype(np.float32).astype(float)
    return out


def _learnt(model: Any, count: int) -> Tuple[List[List[float]], Dict[int, List[str]]]:
    """Numbers and texts that the model knows of each feature, as far as they can be seen from outside."""
    numbers: List[List[float]] = [[] for _ in range(count)]
    texts: Dict[int, List[str]] = {}
    seen, todo = set(), [model]

    def take(i: int, values: Any) -> None:
        found = np.asarray(values, dtype=float).ravel()
        numbers[i].extend(found[np.isfinite(found)][: 2000 - len(numbers[i])].tolist())

    while todo and len(seen) < _PARTS_MAX:
        part = todo.pop()
        if id(part) in seen or isinstance(part, (str, bytes, int, float, type(None))):
            continue
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            if part.dtype.names and "num_threshold" in part.dtype.names:  # of histogram boosting
                for i in range(count):
                    take(i, part["num_threshold"][(part["feature_idx"] == i) & (part["is_leaf"] == 0)])
            elif part.dtype.kind == "O":
                todo.extend(part.ravel()[:1000].tolist())
            elif part.dtype.kind == "f" and part.ndim in (1, 2) and part.shape[-1] == count and part.size < 10**7:
                for i in range(count):
                    take(i, part[..., i])
        elif booster_of(part) is not None:
            todo.append(booster_of(part))
        elif type(part).__name__ == "Booster":
            for i, values in enumerate((_xgboost_learnt if hasattr(part, "save_raw") else _lightgbm_learnt)(part)[:count]):
                take(i, values)
        elif hasattr(part, "threshold") and hasattr(part, "feature"):  # a tree
            for i in range(count):
                take(i, part.threshold[part.feature == i])
        elif isinstance(part, dict):
            todo.extend(part.values())
        elif isinstance(part, (list, tuple)):
            todo.extend(part[:1000])
        elif type(part).__module__.split(".")[0] == "sklearn" and hasattr(part, "__dict__"):
            if isinstance(getattr(part, "vocabulary_", None), dict):  # of no one feature
                texts[count] = _phrases([str(w) for w in sorted(part.vocabulary_)][:1000])
            for i, known in enumerate(getattr(part, "categories_", None) or ()):
                if np.asarray(known).dtype.kind in "OU":
                    texts.setdefault(i, [str(c) for c in known])
            todo.extend(vars(part).values())
    return numbers, texts


def _phrases(words: List[str]) -> List[str]:
    """Texts of some of the words, in either case, with some that nobody knows."""
    chance = np.random.default_rng(2)
    known = words + [w.upper() for w in words] + ["unknown", "2", "-"]
    return [" ".join(chance.choice(known, size)) for size in chance.integers(1, 9, 200)]


def _xgboost_learnt(booster: Any) -> List[List[float]]:
    """Where XGBoost's trees split each feature."""
    boosted = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    out: List[List[float]] = [[] for _ in range(booster.num_features())]
    for tree in boosted.get("gbtree", boosted)["model"].get("trees", ()):
        for feature, at, left in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"]):
            if left >= 0:
                out[feature].append(float(at))
    return out


def _lightgbm_learnt(booster: Any) -> List[List[float]]:
    """What LightGBM has seen of each feature."""
    seen = booster.dump_model(num_iteration=1)["feature_infos"]
    infos = [seen.get(name, {}) for name in booster.feature_name()]
    return [[float(v) for v in i.get("values") or (i.get("min_value", -1.0), 0.0, i.get("max_value", 1.0))] for i in infos]
