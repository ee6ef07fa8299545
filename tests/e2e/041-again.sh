# Steps that fail and are tried again: how often, after how long, with how much memory; what is told
# of the attempts that failed, and that their outputs are of the one that worked.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
# What an attempt may leave for the next one: nothing but what is outside of any store.
count=/dev/shm/zpl-again-$$
trap 'rm -f $count' EXIT

cat >flaky.py <<'P'
import sys
count, least, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(count, "a+") as f:
    f.write("x")
    f.seek(0)
    n = len(f.read())
print("attempt", n)
open(out, "w").write(str(n))
if n < least:
    sys.exit(n)
P
cat >flaky.zpl <<'Z'
local p = params { count = String, least = Int, retries = 0 }
local flaky = step "flaky" { signature = "(count: String, least: Int) -> (n: Int)",
                             command = { "python3", "flaky.py", "$count", "$least", "$n" } }
flaky { count = p.count, least = p.least, retries = p.retries }
Z
attempts() {
    json out "[s['attempts'] for s in j['steps'] if s['name'] == '$1'][0]"
}
expect 1 zpl run flaky.zpl --count "$count" --least 2 --json
equal "$(attempts flaky)" 1 "attempts without retries"

: >"$count"
before=$(date +%s%N)
expect 0 zpl run flaky.zpl --count "$count" --least 3 --retries 5 --json
took=$((($(date +%s%N) - before) / 1000000))
equal "$(attempts flaky)" 3
equal "$(json out "[s['outputs']['n']['value'] for s in j['steps']][0]")" 3 "the value of the attempt that worked"
# 0.5 s and 1 s, each times 0.5 to 1.5
[ $took -ge 750 ] || fail "it was tried again after $took ms, without a pause"
expect 0 zpl logs last
contains out "attempt 1 failed: 'python3' ended with exit code 1"
contains out "attempt 2 failed: 'python3' ended with exit code 2"
contains out "(the next one after "
contains out "attempt 3"
expect 0 zpl show last
contains out ", attempt 3"
expect 0 zpl run flaky.zpl --count "$count" --least 3 --retries 5
expect 0 zpl logs last
contains err "no step ran in run "

: >"$count"
expect 1 zpl run flaky.zpl --count "$count" --least 9 --retries 1 --json
equal "$(attempts flaky)" 2
contains err "step flaky failed: 'python3' ended with exit code 2"

# A limit of memory that was met is doubled, whether the step was ended by it, printed that memory ran
# out, or neither; up to what the machine has.
cat >eat.py <<'P'
import ctypes, ctypes.util, mmap, os, sys, time
how, out = sys.argv[1], sys.argv[2]
size = 100 << 20
if how == "slowly":  # held by two processes, each of which keeps the limit
    child = os.fork()
    held = b"x" * (size // 2)
    time.sleep(1)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
else:
    held = b"x" * size
open(out, "w").write("1")
P
cat >eat.zpl <<'Z'
local p = params { memory = "64Mi", retries = 0 }
local function eat(how)
  step(how) { signature = "() -> (n: Int)", command = { "python3", "eat.py", how, "$n" } }
    { resources = { memory = p.memory }, retries = p.retries }
end
eat "slowly"
eat "atonce"
Z
expect 1 zpl run eat.zpl
contains err "step slowly failed: it was over its memory limit of 64 MiB"
contains err "step atonce failed: 'python3' ended with exit code 1"
contains err "MemoryError"
expect 0 zpl run eat.zpl --retries 1 --json
equal "$(attempts slowly) $(attempts atonce)" "2 2"
for name in slowly atonce; do
    expect 0 zpl logs last/$name
    contains out "(the next one with 128 MiB of memory after "
done

# time limits: each attempt has its own
cat >slow.zpl <<'Z'
step "slow" { signature = "() -> (n: Int)", command = { "sh", "-c", "sleep 60", "$n" }, timeout = "300ms", retries = 1 } {}
Z
expect 1 zpl run slow.zpl --json
equal "$(attempts slow)" 2
contains err "step slow failed: it was not ready after its time limit of 300 ms"

# a run that is stopped while a step waits to be tried again ends at once
cat >stopped.zpl <<'Z'
step "stopped" { signature = "() -> (n: Int)", command = { "false", "$n" }, retries = 100 } {}
Z
zpl run stopped.zpl >out 2>err &
pid=$!
wait_for 20 test -e .zpl/zpl.db
sleep 2
kill -INT $pid
code=0
wait $pid || code=$?
equal "$code" 130 "exit code of a run that was stopped between attempts"
