# The examples with steps of Python, held to the same work done by Python alone.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle

cp "$ROOT"/examples/pandas/* . && expect 0 zpl run species.zpl --json
for part in shape/rows predict/rows confusion/counts; do
    expect 0 zpl export last/$part "$(echo $part | tr / .).parquet"
done
python3 - <<'P'
import pandas as pd
birds = pd.read_csv("penguins.csv").dropna(subset=["bill_len"])
shape = pd.read_parquet("shape.rows.parquet")
assert shape["slender"].tolist() == (birds["bill_len"] / birds["bill_dep"]).tolist()
scored = pd.read_parquet("predict.rows.parquet")
counts = pd.read_parquet("confusion.counts.parquet")
want = pd.crosstab(scored["species"], scored["prediction"])
for row in counts.itertuples():
    assert want.loc[row.species, row.taken_for] == row.birds
assert counts["birds"].sum() == len(scored) == want.to_numpy().sum()
P
expect 0 zpl run species.zpl --json
equal "$(json out "sorted({s['status'] for s in j['steps']})")" '["cached"]'

cp "$ROOT"/examples/sklearn/* . && expect 0 zpl run forest.zpl --json
cp out run.json
expect 0 zpl export last/split/train train.parquet
expect 0 zpl export last/split/test test.parquet
python3 - <<'P'
import json
import pandas as pd
from forest import fit, judge
train, test = pd.read_parquet("train.parquet"), pd.read_parquet("test.parquet")
want = judge(fit(train, "species"), test, "species")
steps = {s["name"]: s for s in json.load(open("run.json"))["steps"]}
have = steps["judge"]["outputs"]["report"]["value"]
assert have == {k: float(v) for k, v in want.items()}, (have, want)
P
# the model's bytes are the same when it is made again
expect 0 zpl reproduce last --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'fit']")" '["same"]'
