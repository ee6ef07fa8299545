# Models of scikit-learn that only pickle keeps, between steps that allow it.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle
flights flights.csv 300

cat >steps.py <<'T'
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from own import Hundredth


def odd(rows: pd.DataFrame):
    made = make_pipeline(Hundredth(), LogisticRegression())
    return made.fit(rows[["distance"]], rows["delay"] > 15)
T
cat >own.py <<'T'
from sklearn.base import BaseEstimator, TransformerMixin


class Hundredth(BaseEstimator, TransformerMixin):
    def fit(self, rows, label=None):
        return self

    def transform(self, rows):
        return rows / 100
T
cat >judge.py <<'T'
import pandas as pd


def mean(model, rows: pd.DataFrame) -> float:
    return float(model.predict(rows[["distance"]]).mean())
T
program() { # program FIELD OF ODD, FIELD OF MEAN
    cat >p.zpl <<T
local odd   = step "odd"  { signature = "(rows: Table {...r}) -> (model: Model {sklearn})", python = "steps.py:odd", $1 }
local mean  = step "mean" { signature = "(model: Model {sklearn}, rows: Table {...r}) -> (v: Float)", python = "judge.py:mean", $2 }
local rows  = csv.read "flights.csv"
return { mean { odd { rows }, rows } }
T
}
program "" ""
expect 1 zpl run p.zpl --json
equal "$(status_of out odd)" failed "the step that may not"
contains out "allow_pickle = true"

# allowed where it is made and not where it is read, then in both; what is allowed is part of what a step is
program "allow_pickle = true" ""
expect 1 zpl run p.zpl --json
equal "$(status_of out odd)$(status_of out mean)" ranfailed "the steps"
contains out 'a step that is given it says `allow_pickle = true`'
expect 0 zpl logs last/odd
contains out "zpl: output 'model' is kept by pickle: the model holds own.Hundredth"
program "allow_pickle = true" "allow_pickle = true"
expect 0 zpl run p.zpl --json
equal "$(status_of out odd)$(status_of out mean)" cachedran "the steps"
