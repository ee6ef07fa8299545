# Steps that ask for GPUs: none is there, one each, several at once, by runs side by side.  No GPU is used: steps say which they
# were given, and for how long.
. "$ROOT/tests/lib.sh"
need python3
cat >which.py <<'P'
import os
import time


def which(n: int) -> str:
    since = time.monotonic()
    time.sleep(0.4)
    return "%s %f %f" % (os.environ.get("CUDA_VISIBLE_DEVICES"), since, time.monotonic())
P
cat >gpus.zpl <<'P'
local function asks(name, resources)
  return step(name) { signature = "(n: Int) -> (at: String)", python = "which.py:which", resources = resources }
end
local one, two, none = asks("one", { gpu = 1 }), asks("two", { gpu = 1, workers = 2 }), asks("none")
for i = 1, 4 do one { i } end
two { 0 }
none { 0 }
P
sed 's/i = 1, 4/i = 5, 8/; s/{ 0 }/{ 9 }/' gpus.zpl >more.zpl

# There is none: told of each step that asks, and the others go on.
export CUDA_VISIBLE_DEVICES=
zpl run gpus.zpl >out 2>err && fail "it ran without a GPU"
grep -q '^failed .*: 1 ran, 5 failed' out || fail "$(cat out)"
grep -q 'step two failed: it asks for 2 GPUs, and this machine has none' err || fail "$(cat err)"
grep -q 'gpus.zpl:5:17: error' err || fail "no place: $(cat err)"
export CUDA_VISIBLE_DEVICES=3,-1,4
zpl run gpus.zpl >out 2>err && fail "two had two of one"
grep -q '4 ran, 1 cached, 1 failed' out || fail "$(cat out)"
grep -q 'asks for 2 GPUs, and this machine has 1$' err || fail "$(cat err)"

# There are two: nobody shares one, whichever run it is of; what needs both has both.
rm -rf .zpl
export CUDA_VISIBLE_DEVICES=3,GPU-aa
zpl run --jobs 4 more.zpl >more.out 2>&1 &
zpl run --jobs 4 gpus.zpl >out 2>&1 || fail "$(cat out)"
wait $! || fail "$(cat more.out)"
zpl show --json 1 >1.json
zpl show --json 2 >2.json
python3 - 1.json 2.json <<'P' || fail "a GPU was had by two"
import json, sys

spans = []
for name in sys.argv[1:]:
    for step in json.load(open(name))["steps"]:
        gpus, since, until = step["outputs"]["at"]["value"].split()
        if step["step"] == "none":
            assert gpus == "None", gpus
        else:
            gpus = gpus.split(",")
            assert set(gpus) <= {"3", "GPU-aa"} and len(gpus) == (2 if step["step"] == "two" else 1), (step["name"], gpus)
            spans += [(gpu, float(since), float(until)) for gpu in gpus]
assert len(spans) == 12, len(spans)
for i, (gpu, since, until) in enumerate(spans):
    for other, a, b in spans[:i]:
        assert gpu != other or until <= a or b <= since, (gpu, since, until, a, b)
assert {gpu for gpu, _, _ in spans} == {"3", "GPU-aa"}
P

# Passed on is what the step was given, not what zpl has.
cat >passed.zpl <<'P'
step "passed" { signature = "(n: Int) -> (at: String)", python = "which.py:which", resources = { gpu = 1 }, vars = { "CUDA_VISIBLE_DEVICES" } } { 0 }
P
expect 0 zpl run passed.zpl
expect 0 zpl show --json last
case $(json out "j['steps'][0]['outputs']['at']['value']") in 3\ * | GPU-aa\ *) ;; *) fail "$(cat out)" ;; esac
