# `zpl plan` tells what steps took last time, as the rows of the store have it, and what the program touches outside.
. "$ROOT/tests/lib.sh"
need python3 sqlite3

printf 'a,late\n1,true\n2,false\n3,true\n4,false\n' >rows.csv
mkdir -p tools && printf 'cp "$1" "$2"\n' >tools/copy.sh
cat >p.zpl <<'Z'
local p = params { rounds = 2, name = "late" }
local copy = step "copy" { inputs = { rows = Table { a = Int } }, outputs = { out = Table { a = Int } },
  command = { "sh", "tools/copy.sh", "$rows", "$out" } }
local shell = step "shell" { inputs = { rows = Table { a = Int } }, outputs = { out = Table { a = Int } },
  command = { "sh", "-c", "sleep 0.2; cat \"$$1\" >\"$$2\"", "sh", "$rows", "$out" } }
local rows = csv.read "rows.csv"
copy { rows }
shell { rows }
local model = xgboost.train { rows, label = "late", rounds = p.rounds }
deploy { model, name = p.name }
Z
expect 0 zpl plan p.zpl --json
python3 - <<'P'
import json
plan = json.load(open("out"))
assert plan["touches"] == {"reads": ["rows.csv", "tools/copy.sh"], "loads": [], "connects": [], "deploys": ["late"], "takes": [],
    "finds": [], "writes": [],
    "runs": ["sh tools/copy.sh $rows $out", 'sh -c "sleep 0.2; cat \\"$$1\\" >\\"$$2\\"" sh $rows $out']}, plan["touches"]
assert not any("last" in s for s in plan["steps"])  # nothing ran yet
P
expect 0 zpl run p.zpl
expect 0 zpl plan p.zpl --json
python3 -c 'import json; assert not any("last" in s for s in json.load(open("out"))["steps"])' # all is cached
expect 0 zpl plan p.zpl --no-cache --json
cp out again.json
python3 - <<'P'
import json, sqlite3
rows = {name: (duration // 10**6, total, peak) for name, duration, total, peak in sqlite3.connect(".zpl/zpl.db").execute(
    "SELECT s.name, duration_ns, coalesce(sum(bytes), 0), peak_bytes FROM steps s LEFT JOIN outputs o ON o.step = s.id GROUP BY s.id")}
seen = 0
for step in json.load(open("again.json"))["steps"]:
    if step["name"] not in rows:
        continue
    last = step["last"]
    assert (last["duration_ms"], last["bytes"], last["peak_bytes"]) == rows[step["name"]], (step, rows[step["name"]])
    seen += 1
assert seen >= 4, rows
P
expect 0 zpl plan p.zpl --rounds 3
grep -qE '^  would run xgboost.train  ~[0-9.]+ m?s +rounds: 2 → 3$' out || fail "$(cat out)"
contains out "last time they took"
contains out "runs      sh tools/copy.sh \$rows \$out"
contains out "deploys   late"

# --only: a step and what it needs; --from: a step and what depends on it, again.  The sets are those of the graph.
cat >n.zpl <<'Z'
local add = step "add" { signature = "(a: Int, b: Int) -> (sum: Int)", lua = function (t) return t.a + t.b end }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) return { t.n, t.n + 1 } end }
local one = add { 1, b = 1, as = "one" }
local two = add { one, b = 1, as = "two" }
local other = add { 5, b = 5, as = "other" }
local all = each(list { two }, function (a) return add { a, b = other, as = "inner" } end)
add { max(all), b = two, as = "last" }
add { other, b = 9, as = "aside" }
Z
states() {
    json out "' '.join(sorted(s['name'] for s in j['steps'] if s['status'] in ($1)))"
}
expect 0 zpl plan n.zpl --only two --json
equal "$(states "'would_run', 'unknown'")" "one two"
expect 0 zpl run n.zpl --only "inner[*]" --json
equal "$(states "'ran'")" "inner[*] list one other two"
expect 0 zpl run n.zpl --json
equal "$(states "'ran'")" "aside last"
expect 0 zpl plan n.zpl --from two --json
equal "$(states "'would_run', 'unknown'")" "inner[*] last list two"
expect 0 zpl run n.zpl --from other --json
equal "$(states "'ran'")" "aside inner[*] last other"
expect 0 zpl run n.zpl --from "inner[*]" --only last --json
equal "$(states "'ran'")" "inner[*] last"
expect 2 zpl run n.zpl --only tow
contains err "did you mean 'two'?"
expect 2 zpl plan n.zpl --from
contains err "--from needs a value"

# --events: a line for every step that comes into a state, what it printed, and the end; the last states are those of --json
cat >talk.zpl <<'Z'
local say = step "say" { signature = "(i: Int) -> (n: Int)", command = { "sh", "-c", "echo hällo $$1; test $$1 != 2 && echo $$1 >$$2", "sh", "$i", "$n" } }
local a = say { 1, as = "a" }
say { 2, as = "b", retries = 1 }
say { a, as = "c" }
Z
expect 1 zpl run talk.zpl --events
cp out events
expect 1 zpl run talk.zpl --json
python3 - <<'P'
import json
lines = [json.loads(line) for line in open("events")]
assert all(line["version"] == 1 and line["at_ns"] > 0 for line in lines)
states = lambda name: [l["status"] for l in lines if l["event"] == "step" and l["name"] == name]
assert states("a") == ["running", "ran"], states("a")
assert states("b") == ["running", "would_run", "running", "failed"], states("b")
assert [l["attempts"] for l in lines if l["event"] == "step" and l["name"] == "b"][-1] == 2
assert "".join(l["text"] for l in lines if l["event"] == "log" and l["name"] == "a") == "hällo 1\n"
assert lines[-1]["event"] == "end" and lines[-1]["status"] == "failed" and lines[-1]["run"] > 0
after = {s["name"]: s["status"] for s in json.load(open("out"))["steps"]}
assert after == {"a": "cached", "b": "failed", "c": "cached"}, after
P
sed -i '/"b"/d' talk.zpl
expect 0 zpl run talk.zpl
echo '-- evaluated' >>talk.zpl
cached() { grep '"event":"step"' out | sed 's/"at_ns":[0-9]*,//'; }
ZPL_TRACE=1 expect 0 zpl run talk.zpl --events
contains err "evaluated"
evaluated=$(cached)
ZPL_TRACE=1 expect 0 zpl run talk.zpl --events
contains err "recalled"
equal "$(cached)" "$evaluated" "what a recalled run says of its steps"
equal "$(grep -c '"status":"cached"' out)" 2
contains out '"event":"end"'
expect 2 zpl run talk.zpl --events --json
