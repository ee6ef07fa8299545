# `zpl logs --follow`: what a step prints is seen while it runs, all of it, once, in its order.
#                                                                                        Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
cat >talk.sh <<'S'
for i in 1 2 3 4 5 6 7 8; do echo "line $i of $1"; sleep 0.25; done
printf 'no end of line'
echo 1 >"$2"
S
cat >loud.sh <<'S'
awk 'BEGIN { for (i = 0; i < 400000; i++) print "number " i }'
echo 1 >"$1"
S
# What an attempt may leave for the next one: nothing but what is outside of any store.
shared=$(mktemp -d /dev/shm/zpl-follow-XXXXXX)
trap 'rm -rf "$shared"' EXIT
cat >twice.sh <<'S'
if [ -e "$2/first" ]; then for i in 1 2 3 4; do echo "second $i"; sleep 0.2; done; echo 1 >"$1"; exit 0; fi
: >"$2/first"
for i in 1 2 3 4; do echo "first $i"; sleep 0.2; done
exit 3
S
cat >t.zpl <<'Z'
local p = params { w = 1, here = "." }
local a = step "talk" { signature = "(w: Int) -> (n: Int)", command = { "sh", "talk.sh", "a", "$n" } } { p.w, as = "one" }
step "talk2" { signature = "(v: Int) -> (n: Int)", command = { "sh", "talk.sh", "b", "$n" } } { a, as = "two" }
step "fails" { signature = "(w: Int) -> (n: Int)", command = { "sh", "-c", "echo before; sleep 1; echo broken >&2; false; : $n" } } { p.w }
Z
start() { # start FILE ARGUMENT...: a run in the background, going on
    zpl run "$@" >run.out 2>&1 &
    run=$!
    wait_for 10 sh -c "zpl runs --limit 1 | grep -q running"
}

# one step: as it comes, and in the end what `zpl logs` has
start t.zpl --jobs 2
zpl logs -f last/one >one.out 2>one.err &
follow=$!
wait_for 10 grep -q "line 2 of a" one.out
lacks one.out "line 8 of a"
zpl logs --follow >all.out 2>all.err &
all=$!
wait $follow || fail "following ended with $?"
kill -0 $run || fail "it followed to the end of the run, not of the step"
wait $all || fail "following all ended with $?"
wait $run || true
expect 0 zpl logs last/one
printf '%s\n' "$(cat one.out)" >one.whole
same_file one.whole out
python3 - <<'P'
lines = open("all.out").read().split("\n")
want = {"one": [f"line {i} of a" for i in range(1, 9)] + ["no end of line"],
        "two": [f"line {i} of b" for i in range(1, 9)] + ["no end of line"]}
for name, texts in want.items():
    got = [l[len(name) + 2:] for l in lines if l.startswith(name + ": ")]
    assert got == texts, (name, got)
got = [l for l in lines if l.startswith("fails: ")]
assert got[0] == "fails: before" and got[-1].startswith("fails: error: "), got
P
# of a run that has ended it is as without --follow; of a step that is cached it says where it ran
expect 0 zpl logs -f 1/one
contains out "line 8 of a"
start t.zpl --jobs 2
expect 0 zpl logs -f last/one
contains out "it ran in run 1"
wait $run || true

# far more than a log keeps
echo 'step "loud" { signature = "(w: Int) -> (n: Int)", command = { "sh", "loud.sh", "$n" } } { 1 }' >loud.zpl
start loud.zpl
expect 0 zpl logs -f last/loud
wait $run || fail "the loud step failed"
if grep -q "left out" out; then
    echo "the step was quicker than the first look"
else
    equal "$(grep -c '^number' out)" 400000
fi
expect 0 zpl logs last/loud
contains out "bytes left out"

# another attempt
echo "step \"twice\" { signature = \"(w: Int) -> (n: Int)\", command = { \"sh\", \"twice.sh\", \"\$n\", \"$shared\" } } { 1, retries = 1 }" >twice.zpl
start twice.zpl
expect 0 zpl logs -f last/twice
wait $run || { cat run.out; fail "the second attempt failed"; }
for line in "first 1" "first 4" "second 1" "second 4"; do
    equal "$(grep -c "^$line\$" out)" 1 "how often it says '$line'"
done

# a run that is killed ends it too; nothing is left behind
start t.zpl --w 3 --jobs 2
zpl logs -f >killed.out 2>&1 &
follow=$!
wait_for 10 grep -q "line 1 of a" killed.out
kill -9 $run
wait $run 2>/dev/null || true
wait $follow || fail "following a killed run ended with $?"
expect 0 zpl run loud.zpl
[ -z "$(find .zpl/scratch -name 'log-*')" ] || fail "a live log is left"

# mistakes
start t.zpl --w 4 --jobs 2
expect 0 zpl show
contains out "zpl logs -f"
expect 0 zpl logs last/two
contains out "is not at its end: zpl logs -f"
lacks out "interrupted"
expect 2 zpl logs -f last/tow
contains err "did you mean two?"
kill -INT $run
wait $run 2>/dev/null || true
expect 2 zpl logs -f --json
expect 2 zpl logs --folow
contains err "did you mean --follow?"

# what a step printed before its run was stopped is kept
printf 'local n = step "stopped" { signature = "() -> (n: Int)", command = { "sh", "-c", "echo so far; sleep 60; echo 1 >$n" } } {}
step "never" { signature = "(n: Int) -> (m: Int)", lua = function (t) return t.n end } { n }\n' >stopped.zpl
zpl run stopped.zpl >/dev/null 2>&1 &
stopped=$!
for _ in $(seq 100); do
    zpl logs last/stopped 2>/dev/null | grep -q "logs -f" && zpl show last 2>/dev/null | grep -q "stopped.zpl" && break
    sleep 0.1
done
sleep 1
kill -INT $stopped
wait $stopped 2>/dev/null || true
expect 0 zpl logs last/stopped
contains out "so far"
contains out "the run was stopped"
# and is among the logs of the run, of which a step that never began has none
expect 0 zpl logs last
contains out "== stopped (cancelled)"
contains out "so far"
lacks out "never"
