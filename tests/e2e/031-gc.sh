# `zpl gc`.  The property: whatever runs and gcs happen at the same time, no run fails for want of an artifact,
# and what a kept run made or used is cached for ever after.  What is there after a gc is held to what
# `zpl show --json` says that the kept runs need.                                         Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
flights flights.csv 300
cat >g.zpl <<'Z'
local p = params { minutes = Int { default = 15, min = 0 }, fail = false }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > $minutes AS late FROM flights ]]
local train, test = split { rows, ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = "late", rounds = 3 }
evaluate { model, test }
step "dir" { signature = "(n: Int) -> (d: Dir)", command = { "sh", "-c", "mkdir -p $d/x; echo $n >$d/x/n; echo $n >$d/n" } } { p.minutes }
step "may" { signature = "(f: Bool, rows: Table {hour: Int}) -> (s: String)", lua = function (t) if t.f then error("no") end return "x" end } { p.fail, rows }
Z
objects() { find .zpl/objects -mindepth 2 -maxdepth 2 | sed 's|.*/objects/\(..\)/|\1|' | sort; }
check() { # check WHAT KEPT...: the store holds exactly what the kept runs need
    what=$1
    shift
    for n; do
        expect 0 zpl show "$n" --json
        cp out "kept$n.json"
    done
    objects >have
    python3 - "$what" "$@" <<'P'
import json, sys
need = set()
for n in sys.argv[2:]:
    for s in json.load(open(f"kept{n}.json"))["steps"]:
        need |= {o["digest"] for o in s["outputs"].values() if "digest" in o and "value" not in o}
have = set(open("have").read().split())
assert have == need, (sys.argv[1], "missing", sorted(need - have), "too many", sorted(have - need))
P
}
expect 2 zpl gc
contains err "nothing has run"
[ ! -e .zpl ] || fail "gc made a store"
for m in 1 2 3 4 5; do expect 0 zpl run g.zpl --minutes $m; done
check "nothing removed yet" 1 2 3 4 5
objects >before
expect 0 zpl gc --keep 2 --dry-run
contains out "would remove"
contains out "3/split/train"
objects >after
same_file after before
expect 0 zpl gc
contains out "removed 0 of"
expect 0 zpl gc --days 1
contains out "removed 0 of"
expect 0 zpl gc --keep 2 --dry-run --json
cp out dry.json
expect 0 zpl gc --keep 2 --json
equal "$(json out "[j['removed'], j['bytes_removed']]")" "$(json dry.json "[j['removed'], j['bytes_removed']]")"
check "two kept" 4 5
[ "$(json dry.json "j['bytes_removed'] > 0")" = true ] || fail "nothing was removed"
expect 0 zpl runs --json
[ "$(json out "{4, 5} <= {r['run'] for r in j['runs']}")" = true ] || fail "a kept run is gone"
# csv.read ran in run 1 and is still used: so run 1 stays in the list, and its other outputs are gone
expect 0 zpl show 1/split/train
contains out "not in the store any more"
expect 2 zpl show 2
expect 0 zpl run g.zpl --minutes 4
contains out "7 cached"
expect 0 zpl run g.zpl --minutes 2
contains out "cached"
contains out "ran"

# the newest that was done is kept beside a newer one that failed
expect 1 zpl run g.zpl --minutes 9 --fail true
expect 0 zpl gc --keep 1
check "done and failed" 7 8
expect 0 zpl run g.zpl --minutes 2
contains out "7 cached"

# an artifact that no row names, and rubbish of a killed process
mkdir -p .zpl/objects/ab && echo stray >".zpl/objects/ab/$(printf '0%.0s' $(seq 62))"
expect 0 zpl gc --keep 1
contains out "no run names it"
check "after a stray" 9

# a killed run: what it finished stays, also what it took from runs that are gone
cat >slow.zpl <<'Z'
local p = params { n = 1 }
local one = sql [[ SELECT i FROM range($n * 1000) t(i) ]]
local two = sql [[ SELECT i + 1 AS j FROM one ]]
step "wait" { signature = "(rows: Table {j: Int}) -> (s: String)", command = { "sh", "-c", "sleep 60; echo 1 >$s" } } { two }
Z
zpl run slow.zpl >slow.out 2>&1 &
slow=$!
wait_for 20 grep -q '^  ran.*sql@two' slow.out
expect 4 zpl gc --keep 1
contains err "goes on: nothing is removed"
kill -9 $slow
wait $slow 2>/dev/null || true
wait_for 20 sh -c 'zpl runs | grep -q interrupted'
expect 0 zpl gc --keep 1
expect 0 zpl plan slow.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached", "cached", "would_run"]'

# a run that has decided on a hit, which no kept run needs, still has it when it comes to it
cat >hold.zpl <<'Z'
local p = params { n = 1, w = 1 }
local one = sql [[ SELECT i + $n AS i FROM range(100) t(i) ]]
local slow = step "slow" { signature = "(w: Int) -> (t: Int)", command = { "sh", "-c", "sleep 0.4; echo $w >$t" } } { p.w }
step "last" { signature = "(rows: Table {i: Int}, t: Int) -> (s: Int)", lua = function (t) return #t.rows.i + t.t end } { one, slow }
Z
expect 0 zpl run hold.zpl --n 1
expect 0 zpl run hold.zpl --n 2
zpl run hold.zpl --n 1 --w 2 >hold.out 2>&1 &
hold=$!
wait_for 20 grep -q '^  cached.*sql' hold.out
run zpl gc --keep 1
gc_code=$code
wait $hold || { cat hold.out; fail "the run lost what it had decided on"; }
equal "$gc_code" 4 "the exit code of a gc beside a run"
expect 0 zpl gc --keep 1
expect 0 zpl run hold.zpl --n 1 --w 2
contains out "3 cached"

# runs and gcs at the same time: the same program again and again, and others whose hits are soon garbage
runs() { # runs NAME COUNT
    for i in $(seq "$2"); do
        zpl run g.zpl --minutes 2 >"$1.out" 2>&1 && grep -q "7 cached" "$1.out" || cat "$1.out" >>"$1.failed"
        sleep 0.2
    done
    : >"$1.over"
}
holds() { # holds NAME COUNT FROM
    for i in $(seq "$2"); do
        zpl run hold.zpl --n $((i % 3)) --w $((i % 4 + $3)) >"$1.out" 2>&1 || cat "$1.out" >>"$1.failed"
        sleep 0.15
    done
    : >"$1.over"
}
expect 0 zpl run g.zpl --minutes 2
runs a 15 &
holds b 12 10 &
holds c 12 20 &
gcs=0 worked=0
until [ -e a.over ] && [ -e b.over ] && [ -e c.over ]; do
    sleep 0.03
    run zpl gc --keep 1
    gcs=$((gcs + 1))
    case $code in
    0) worked=$((worked + 1)) ;;
    4) ;;
    *) cat err; fail "gc ended with $code" ;;
    esac
done
wait
for name in a b c; do
    [ ! -e $name.failed ] || { cat $name.failed; fail "a run suffered from gc"; }
done
echo "$gcs times gc, $worked not turned away"
[ $worked -gt 0 ] || fail "no gc ever came to work"
expect 0 zpl gc --keep 1
expect 0 zpl run g.zpl --minutes 2
contains out "7 cached"

# of a map what was made for its items stays: the plan of a run does not name it
cat >map.zpl <<'Z'
local p = params { n = 3, plus = 0 }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) local x = {} for i = 1, t.n do x[i] = i end return x end }
local part = step "part" { signature = "(k: Int) -> (rows: Table {x: Int})", lua = function (t) return { x = { t.k, t.k * 2 } } end }
each(list { p.n }, function (k) return part { k } end)
local out = sql [[ SELECT $plus AS plus ]]
Z
expect 0 zpl run map.zpl
expect 0 zpl run map.zpl --plus 1
expect 0 zpl gc --keep 1
expect 0 zpl run map.zpl --plus 1
lacks out " ran "
expect 0 zpl run map.zpl --plus 2
equal "$(grep -c '^  ran' out)" 1 "steps that ran beside the cached items"

# mistakes
expect 2 zpl gc --keep 0
expect 2 zpl gc --kep 3
contains err "did you mean --keep?"
expect 2 zpl gc 3
contains err "usage: zpl gc"
