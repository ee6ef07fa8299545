"""What a class of XGBoost or LightGBM is beside its Booster, which their own files leave out: {"class": NAME, "params": {NAME: TEXT}},
the params those that were given (`missing`, by which it scores, `importance_type`), as Python writes them."""
from __future__ import annotations

import ast
import sys
from typing import Any, Dict

from zpl._errors import StepError, a_type

_OF_MACHINE = ("device", "n_jobs", "nthread", "verbosity", "callbacks")  # which say nothing of the model


def said_of(value: Any, package: str, who: str) -> Dict[str, Any]:
    """What an estimator is; of a class of somebody's own as that of the package which it comes from."""
    cls = next(c for c in type(value).__mro__ if c.__module__.split(".")[0] == package)
    usual = cls().get_params()
    params = {}
    for name, given in value.get_params().items():
        given = given.item() if type(given).__module__ == "numpy" and hasattr(given, "item") and not getattr(given, "shape", ()) else given
        if name in _OF_MACHINE or repr(given) == repr(usual.get(name)):
            continue
        try:
            kept = _read(repr(given)) == given
        except (ValueError, SyntaxError, TypeError):
            kept = False
        if kept:
            params[name] = repr(given)
        else:
            print("zpl: %s was given %s as its %s, which is not kept" % (who, a_type(given), name), file=sys.stderr)
    return {"class": cls.__name__, "params": params}


def _read(text: str) -> Any:
    return float(text) if text in ("inf", "-inf", "nan") else ast.literal_eval(text)


def made_of(said: Dict[str, Any], package: Any, hint: Any) -> Any:
    """An estimator that is not fitted, as it was or as the annotation wants it.  Raises StepError where that is another."""
    own = getattr(package, said.get("class", ""), hint)
    if not issubclass(hint, own) and not issubclass(own, hint):
        raise StepError("type", "the model is an %s, and the parameter is annotated %s: annotate it as what it is" % (own.__name__, hint.__name__))
    return (hint if issubclass(hint, own) else own)().set_params(**{name: _read(text) for name, text in said.get("params", {}).items()})
