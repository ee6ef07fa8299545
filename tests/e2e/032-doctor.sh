# `zpl doctor` finds what was done to a store, and nothing where nothing was; `--repair` leads back to a store
# in which the same runs give the same bytes.                                            Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3
flights flights.csv 200
cat >g.zpl <<'Z'
local p = params { minutes = Int { default = 15, min = 0 } }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > $minutes AS late FROM flights ]]
local train, test = split { rows, ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = "late", rounds = 3 }
evaluate { model, test }
step "dir" { signature = "(n: Int) -> (d: Dir)", command = { "sh", "-c", "mkdir -p $d/x; echo $n >$d/x/n; echo 'echo hi' >$d/go; chmod +x $d/go" } } { p.minutes }
Z
findings() { json out "sorted([f['severity'], f['what']] for f in j['findings'])"; }
objects() { find .zpl/objects -mindepth 2 -maxdepth 2 | sort; }

expect 2 zpl doctor
contains err "nothing has run"
[ ! -e .zpl ] || fail "doctor made a store"
expect 0 zpl run g.zpl
expect 0 zpl run g.zpl --minutes 20
expect 0 zpl doctor
contains out "no problem"
expect 0 zpl doctor --json
equal "$(json out "[j['artifacts'] - j['sound'], j['problems'], j['findings'], j['runs']]")" "[0, 0, [], 2]"
equal "$(json out "j['artifacts']")" "$(objects | wc -l)"
objects | xargs sha256sum >sums 2>/dev/null || true

# each artifact in turn: one bit of it, then all of it
objects >list
while read -r object; do
    file=$(find "$object" -type f | sort | head -n 1)
    digest=$(echo "$object" | sed 's|.*/objects/\(..\)/|\1|' | cut -c1-12)
    cp -p "$file" kept
    chmod u+w "$file"
    python3 - "$file" <<'P'
import random, sys
data = bytearray(open(sys.argv[1], "rb").read())
i = random.randrange(len(data))
data[i] ^= 1 << random.randrange(8)
open(sys.argv[1], "wb").write(data)
P
    expect 1 zpl doctor
    contains out "($digest) are not what was stored"
    contains out "1 problem"
    cp -p kept "$file"
    mv "$object" gone
    expect 1 zpl doctor --json
    equal "$(json out "[f['message'] for f in j['findings'] if f['severity'] == 'problem' and '$digest' in f['message'] and 'missing' in f['message']] != []")" true "what is said of $digest"
    mv gone "$object"
done <list
expect 0 zpl doctor

# several at once, repaired: the same bytes come back
for object in $(sed -n '1p;3p' list); do
    file=$(find "$object" -type f | head -n 1)
    chmod u+w "$file" && echo more >>"$file"
done
rm -rf "$(sed -n 5p list)"
expect 1 zpl doctor --json
equal "$(json out "j['problems']")" 3
expect 0 zpl doctor --repair --json
equal "$(json out "[j['problems'], sum(f['severity'] == 'repaired' for f in j['findings'])]")" "[0, 3]"
expect 0 zpl doctor
expect 0 zpl run g.zpl
expect 0 zpl run g.zpl --minutes 20
objects >again
same_file again list
xargs sha256sum <again >sums.again 2>/dev/null || true
same_file sums.again sums
expect 0 zpl run g.zpl
contains out "6 cached"

# strays, artifacts of no run, scratch of a killed process, a run that was interrupted
echo x >.zpl/objects/zz
expect 1 zpl doctor
contains out "objects/zz"
rm .zpl/objects/zz
orphan=$(echo stray | sha256sum | sed 's|^\(..\)\([0-9a-f]*\).*|\1/\2|')
mkdir -p ".zpl/objects/${orphan%%/*}" .zpl/scratch/77-0 && echo stray >".zpl/objects/$orphan"
: >.zpl/scratch/77-0/owner
printf 'local one = sql [[ SELECT 1 AS i ]]\nstep "wait" { signature = "(rows: Table {i: Int}) -> (s: String)", command = { "sh", "-c", "sleep 60; echo $s" } } { one }\n' >slow.zpl
zpl run slow.zpl >slow.out 2>&1 &
slow=$!
wait_for 20 grep -q '^  ran.*sql' slow.out
rm -rf "$(sed -n 1p list)"
expect 4 zpl doctor --repair
contains err "goes on: nothing is repaired"
kill -9 $slow
wait $slow 2>/dev/null || true
wait_for 20 sh -c 'zpl runs | grep -q interrupted'
mkdir -p .zpl/scratch/77-0
expect 0 zpl doctor --repair --json
[ "$(json out "{'note run', 'note scratch', 'repaired artifact'} <= {f['severity'] + ' ' + f['what'] for f in j['findings']}")" = true ] ||
    fail "not all was found: $(findings)"
expect 0 zpl doctor
contains out "not named by any run"
contains out "zpl run slow.zpl"

# runs meanwhile are no reason for alarm
{
    for i in $(seq 8); do zpl run g.zpl --minutes "$i" >/dev/null 2>&1 || echo "run $i" >>run.failed; done
    : >over
} &
until [ -e over ]; do
    expect 0 zpl doctor
done
wait
[ ! -e run.failed ] || fail "a run beside doctor failed"

# gc killed at any moment leaves nothing that is wrong
printf 'local p = params { n = 1 }\nlocal a = sql [[ SELECT i + $n AS i FROM range(1000) t(i) ]]\nlocal b = sql [[ SELECT i * 2 AS j FROM a ]]\n' >junk.zpl
for i in $(seq 8); do
    for n in 1 2; do expect 0 zpl run junk.zpl --n $((i * 10 + n)); done
    zpl gc --keep 1 >/dev/null 2>&1 &
    gc=$!
    sleep "0.00$((i % 10))"
    kill -9 $gc 2>/dev/null || true
    wait $gc 2>/dev/null || true
    expect 0 zpl doctor
done

# a database that is none any more, and one of another version
cp .zpl/zpl.db kept.db
python3 - <<'P'
data = bytearray(open(".zpl/zpl.db", "rb").read())
for at in range(8192, min(len(data), 40000), 512):
    data[at:at + 64] = b"\xff" * 64
open(".zpl/zpl.db", "wb").write(data)
P
run zpl doctor
[ "$code" = 1 ] || [ "$code" = 4 ] || fail "a damaged database gives $code"
cat out err >both
contains both "zpl.db"
cp kept.db .zpl/zpl.db
rm -f .zpl/zpl.db-*
python3 -c 'import sqlite3; c = sqlite3.connect(".zpl/zpl.db"); c.execute("PRAGMA user_version = 99"); c.commit()'
expect 4 zpl doctor
contains err "version 99"

# what is deployed: a byte of the model, the model, the manifest; a run deploys again what repair took away
mkdir deployed && cd deployed
flights flights.csv 200
cat >d.zpl <<'Z'
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
deploy { xgboost.train { rows, label = "late", rounds = 3 }, name = "late" }
Z
expect 0 zpl run d.zpl
expect 0 zpl doctor
damage() { # damage COMMAND...: doctor tells, repairs, and the next run deploys again
    sum=$(sha256sum <.zpl/deployments/late/latest/model.ubj)
    chmod -R u+w .zpl/deployments
    "$@"
    expect 1 zpl doctor --json
    equal "$(findings)" '[["problem", "deployment"]]'
    expect 0 zpl doctor --repair --json
    equal "$(findings)" '[["repaired", "deployment"]]'
    expect 0 zpl run d.zpl
    equal "$(sha256sum <.zpl/deployments/late/latest/model.ubj)" "$sum"
    expect 0 zpl doctor --json
    equal "$(findings)" "[]"
}
flip() {
    python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 1; open(sys.argv[1], "wb").write(b)' "$1"
}
damage flip .zpl/deployments/late/latest/model.ubj
damage rm .zpl/deployments/late/latest/model.ubj
damage rm .zpl/deployments/late/latest/manifest.json

# a database too damaged to count by is not counted by
sqlite3 .zpl/zpl.db "UPDATE outputs SET bytes = bytes + 1 WHERE id = 1"
expect 1 zpl doctor --json
equal "$(json out "[j['runs'], j['artifacts'], j['bytes']]")" '[null, null, null]'
expect 1 zpl doctor
lacks out "0 runs"
cd ..
