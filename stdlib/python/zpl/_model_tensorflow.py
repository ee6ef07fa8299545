"""Models of TensorFlow that are no Keras models: a SavedModel, a folder that holds its functions as they were traced, so it needs
no code of the project.  It is kept without fingerprint.pb, which has a random number."""
from __future__ import annotations

import os
import shutil
from typing import Any

from zpl import _model_keras
from zpl._code import hold_version
from zpl._errors import StepError, a_type, need
from zpl._types import Type

ENDING = ""
_PROGRAM, _FINGERPRINT = "saved_model.pb", "fingerprint.pb"


def takes(value: Any) -> bool:
    """A tf.Module, or what tf.saved_model.load gives."""
    names = {(cls.__module__.split(".")[0], cls.__name__) for cls in type(value).__mro__}
    return bool(names & {("tensorflow", "Module"), ("tensorflow", "AutoTrackable")}) and not _model_keras.takes(value)


def holds(path: str) -> bool:
    return os.path.isfile(os.path.join(path, _PROGRAM))


def _program(path: str) -> Any:
    """What its graphs are, as a message of protobuf."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    with open(os.path.join(path, _PROGRAM), "rb") as f:
        return SavedModel.FromString(f.read()).meta_graphs[0]


def save(value: Any, kind: Type, path: str, who: str) -> None:
    """A tf.Module, or the path of a SavedModel."""
    tensorflow = need("tensorflow")
    if isinstance(value, (str, os.PathLike)) and holds(os.fspath(value)):
        shutil.copytree(value, path)
    elif takes(value):
        tensorflow.saved_model.save(value, path)
    else:
        advice = "declare Model {keras}, or model.export(path) and return the path" if _model_keras.takes(value) else "return a tf.Module or the path of a SavedModel"
        raise StepError("type", "%s is %s, and %s is declared: %s" % (who, a_type(value), kind.text, advice))
    if os.path.lexists(os.path.join(path, _FINGERPRINT)):
        os.unlink(os.path.join(path, _FINGERPRINT))
    if not _program(path).object_graph_def.concrete_functions:
        raise StepError(
            "type",
            "%s has no function that TensorFlow knows, so nothing could be asked of it: "
            "write @tf.function(input_signature=[…]) before those that score" % who,
        )


def load(path: str, kind: Type, hint: Any) -> Any:
    """What tf.saved_model.load gives: the functions that were kept, and `signatures`."""
    tensorflow = need("tensorflow")
    made, have = _program(path).meta_info_def.tensorflow_version, tensorflow.__version__
    if made.split(".")[0] != have.split(".")[0]:
        raise StepError(
            "changed",
            "the model was made with tensorflow %s, and %s may score it otherwise: make it anew, or read it by the same tensorflow"
            % (made, have),
        )
    hold_version("tensorflow", made, have, "tensorflow", 2)
    return tensorflow.saved_model.load(path)
