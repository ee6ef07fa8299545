# `zpl diff`: what differs between two runs is what was changed between them, held to what `zpl show --json`
# says of each.
. "$ROOT/tests/lib.sh"
need python3
flights flights.csv 400
cat >d.zpl <<'Z'
local p = params { minutes = Int { default = 15, min = 0 }, rounds = 5, base = Float { default = 9 } }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > $minutes + $base - 9 AS late FROM flights ]]
local train, test = split { rows, ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = "late", rounds = p.rounds }
local report = evaluate { model, test }
local count = sql [[ SELECT count(*) AS n FROM flights ]]
Z
expect 0 zpl run d.zpl
expect 2 zpl diff
contains err "run 1 is the first one of d"
expect 0 zpl run d.zpl --rounds 9
expect 0 zpl diff
contains out "rounds: 5 → 9"
# a new column, one that is gone, a step that came, a step that went
sed -i 's/hour(date) AS hour, distance,/hour(date) AS h, distance, distance * 2 AS twice,/; s/^local count.*/local most = sql [[ SELECT max(delay) AS m FROM flights ]]/' d.zpl
expect 0 zpl run d.zpl --rounds 9 --minutes 20
for n in 1 2 3; do
    expect 0 zpl show $n --json
    cp out run$n.json
done
for pair in "1 1" "1 2" "2 1" "2 3" "1 3"; do
    # shellcheck disable=SC2086
    expect 0 zpl diff $pair --json
    # shellcheck disable=SC2086
    python3 - $pair <<'P'
import json, sys
a, b = (json.load(open(f"run{n}.json")) for n in sys.argv[1:])
d = json.load(open("out"))
A, B = ({s["name"]: s for s in r["steps"]} for r in (a, b))
assert [r["run"] for r in d["runs"]] == [a["run"], b["run"]]
want = {k: [a["params"].get(k), b["params"].get(k)] for k in a["params"] if a["params"][k] != b["params"].get(k)}
assert {p["name"]: p["values"] for p in d["params"]} == want, d["params"]
assert {s["name"] for s in d["steps"]} == set(A) | set(B)
for s in d["steps"]:
    x, y = A.get(s["name"]), B.get(s["name"])
    key = lambda t: (t["key"], {n: o.get("digest") for n, o in t["outputs"].items()})
    change = "added" if x is None else "removed" if y is None else "same" if key(x) == key(y) else "changed"
    assert s["change"] == change, (s, change)
    assert s["status"] == [t and t["status"] for t in (x, y)]
    assert s["duration_ms"] == [t and t["duration_ms"] for t in (x, y)]
    assert bool(s["reasons"]) == (change == "changed"), s
    for o in s["outputs"]:
        p, q = ((t or {"outputs": {}})["outputs"].get(o["name"]) for t in (x, y))
        assert o["bytes"] == [v and v["bytes"] for v in (p, q)], o
        for f in o.get("fields", []):
            have = [v and v["value"][f["name"]] for v in (p, q)]
            assert f["values"] == have, f
            if None not in have:
                assert abs(f["difference"] - (have[1] - have[0])) < 1e-12
if sys.argv[1:] == ["2", "3"]:
    rows = next(s for s in d["steps"] if s["name"] == "sql@rows")
    assert rows["outputs"][0]["columns"] == {"added": ["h", "twice"], "removed": ["hour"], "changed": []}, rows
    assert rows["code"] and not next(s for s in d["steps"] if s["name"] == "split")["code"]
P
done
expect 0 zpl diff 1 3
contains out "new columns: h, twice"
contains out "sql@most added"
contains out "sql@count removed"
contains out "difference"
expect 0 zpl diff 2 2
contains out "every step has the same key and outputs"

# mistakes
expect 2 zpl diff 1 7
contains err "there is no run 7"
expect 2 zpl diff 1/split 2
contains err "whole runs are compared"
expect 2 zpl diff 1 2 3
contains err "usage: zpl diff"
expect 2 zpl diff one two
contains err "'two' is no run"
expect 2 zpl dif 1 2
contains err 'did you mean `zpl diff`'

# a Float that is whole is shown as a program writes it
expect 0 zpl run d.zpl --base 10
expect 0 zpl diff
contains out "  base: 9.0 → 10.0"
expect 0 zpl show last
contains out "  params base = 10.0, minutes = 15, rounds = 5"
