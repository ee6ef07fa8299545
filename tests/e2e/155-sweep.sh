# The example of a sweep: as many trials as its grid and folds say, the best of them trained again, a second run
# for nothing, and the stacks of its folder.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
cp "$ROOT"/examples/sweep/* .

expect 0 zpl check sweep.zpl
expect 0 zpl run sweep.zpl --folds 4 --json
python3 - <<'P'
import json, re
steps = json.load(open("out"))["steps"]
first = {"cached": [], "ran": []}
for s in steps:
    first[s["status"]].append(s["name"])
assert all(re.fullmatch(r"fold\[[234]\]\[\d+\]", name) for name in first["cached"]), first["cached"]  # the folds of the first trial
value = {s["name"]: s["outputs"] for s in steps}
birds = [row.split(",") for row in open("penguins.csv").read().split("\n")[1:] if row]
whole = sum("" not in [row[0], *row[2:6]] for row in birds)
assert value["whole"]["rows"]["rows"] == whole, (whole, value["whole"])
trials = sorted({m[1] for m in (re.fullmatch(r"evaluate\[(\d+)\]\[\d+\]", name) for name in value) if m})
assert trials == ["1", "2", "3", "4"], trials
for trial in trials:  # each bird of the development part is tested once in each trial
    tested = sum(value[f"evaluate[{trial}][{fold}]"]["report"]["value"]["rows"] for fold in range(1, 5))
    assert tested == value["split"]["train"]["rows"], (trial, tested)
P
expect 0 zpl run sweep.zpl --folds 4 --stack small --json
equal "$(json out "sorted({s['status'] for s in j['steps']})")" '["cached"]'
expect 2 zpl run sweep.zpl --folds 1
contains err "folds: '1' is below the minimum 2"
lacks err kfold
expect 2 zpl run sweep.zpl --stack smal
contains err "small"
