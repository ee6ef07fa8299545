# Steps in Python are served by processes that stay warm: what one leaves behind reaches no other, however it ends, and
# nothing outlives the run.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle

# one process serves the steps of a kin, each in a process of its own that knows nothing of the others
cat >state.py <<'T'
import os, sys
import numpy as np
import zpl

seen = []


def host():
    """Which process it was forked by: numbers may be given again, times are not."""
    with open("/proc/%d/stat" % os.getppid()) as f:
        return f.read().rsplit(")", 1)[1].split()[19]


def visit(i: int) -> str:
    seen.append(i)
    rehearsed = [m for m in sys.modules.values() if "rehearsed" in str(m)]
    left = rehearsed + os.listdir(zpl.context().scratch)
    known = [len(seen), "LEFT" in os.environ, hasattr(sys, "left"), hasattr(np, "left"), os.getcwd() == os.environ["HERE"], left]
    os.environ["LEFT"] = sys.left = np.left = "here"
    np.array([0])[:] = i
    os.chdir("/")
    os.umask(0o777)
    os.set_blocking(1, False)
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    return "%s %s" % (host(), known)


def chance(i: int) -> float:
    return float(np.random.random())


def other(i: int) -> str:
    return host()
T
cat >state.zpl <<'T'
local p = params { here = "" }
local vars = { HERE = p.here }
local function declare(name, v) return step(name) { signature = "(i: Int) -> (s: String)", python = "state.py:" .. name, vars = v } end
local visit, other = declare("visit", { HERE = "HERE_IS" }), declare("other", { HERE = "HERE_IS", OTHER = "1" })
local chance = step "chance" { signature = "(i: Int) -> (x: Float)", python = "state.py:chance", vars = { HERE = "HERE_IS" } }
for i = 1, 6 do visit { i, as = "visit" .. i } end
for i = 1, 4 do chance { i, as = "chance" .. i } end
for i = 1, 2 do other { i, as = "other" .. i } end
T
sed -i "/^local p = /d; /^local vars/d; s|HERE_IS|$PWD|" state.zpl
expect 0 zpl run --jobs 1 state.zpl --json
one=$(value visit1 s)
for i in 1 2 3 4 5 6; do
    equal "$(value visit$i s)" "${one%% *} [1, False, False, False, True, []]" "visit $i"
done
equal "$(value other1 s)" "$(value other2 s)" "the process of another kin"
[ "$(value other1 s)" != "${one%% *}" ] || fail "steps with other variables have the same process"
equal "$(json out "len({s['outputs']['x']['value'] for s in j['steps'] if s['name'].startswith('chance')})")" 4 "different numbers"

# the project's own module goes before one of the same name that a package has imported
mkdir own
echo 'WHO = "the project"' >own/fractions.py
cat >own/who.py <<'T'
import numpy as np
import fractions
import statistics


def who(i: int) -> str:
    return fractions.WHO


def theirs(i: int) -> str:
    return "as it is"
T
sed 's/^import fractions$//; s/fractions.WHO/"none"/' own/who.py >plain.py
cat >own.zpl <<'T'
step "plain" { signature = "(i: Int) -> (s: String)", python = "plain.py:who" } { 1 }
step "who" { signature = "(i: Int) -> (s: String)", python = "own/who.py:who" } { 1 }
T
expect 0 zpl run --jobs 1 own.zpl --json
equal "$(value who s)" "the project"

# however a step ends, the next ones go on, by the same process; what it started ends with it
cat >bad.py <<'T'
import ctypes, os, resource, signal, subprocess, sys, time
import numpy as np
from state import host


def raises(i: int) -> str:
    raise ValueError("no luck")


def exits(i: int) -> str:
    sys.exit(3)


def ends(i: int) -> str:
    os._exit(4)


def crashes(i: int) -> str:
    ctypes.string_at(0)


def kills(i: int) -> str:
    os.kill(os.getpid(), signal.SIGKILL)


def group(i: int) -> str:
    os.killpg(0, signal.SIGKILL)


def forks(i: int) -> str:
    if os.fork() == 0:
        raise ValueError("in a fork")
    return host()


def leaves(i: int) -> str:
    """A daemon, and a child that nobody waits for: both hold what they were given open."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open(os.environ["TMPDIR"] + "/../daemon", "w").close()
            while True:
                print("daemon", flush=True)
                time.sleep(0.01)
        os._exit(0)
    subprocess.Popen(["sleep", "7777"], start_new_session=True)
    while not os.path.exists(os.environ["TMPDIR"] + "/../daemon"):
        time.sleep(0.01)
    return host()


def wide(i: int) -> str:
    return "x" * 3000000


def good(i: int) -> str:
    names = []
    for pid in os.listdir("/proc"):
        try:
            names.append(open("/proc/%s/cmdline" % pid).read()) if pid.isdigit() else None
        except OSError:
            pass
    assert not any("7777" in n for n in names), names
    return host()
T
{
    echo 'local function try(f, n) step(f .. n) { signature = "(i: Int) -> (s: String)", python = "bad.py:" .. f } { n } end'
    n=0
    for f in good raises good exits good ends good crashes good kills good group good forks good leaves good wide good; do
        n=$((n + 1))
        echo "try(\"$f\", $n)"
    done
} >bad.zpl
expect 1 zpl run --jobs 1 bad.zpl --json
one=$(value good1 s)
for n in 3 5 7 9 11 13 15 17 19; do
    equal "$(value good$n s)" "$one" "the process after the step before good$n"
done
equal "$(value forks14 s)" "$one"
equal "$(value leaves16 s)" "$one"
case $(error_of raises2) in *bad.py:7*ValueError*"no luck"*) ;; *) fail "$(error_of raises2)" ;; esac
case $(error_of exits4) in *bad.py*exit*3*) ;; *) fail "$(error_of exits4)" ;; esac
case $(error_of ends6) in *bad.py*"exit code 4"*) ;; *) fail "$(error_of ends6)" ;; esac
case $(error_of crashes8) in *bad.py*SIGSEGV*) ;; *) fail "$(error_of crashes8)" ;; esac
case $(error_of kills10) in *bad.py*SIGKILL*) ;; *) fail "$(error_of kills10)" ;; esac
case $(error_of group12) in *bad.py*SIGKILL*) ;; *) fail "$(error_of group12)" ;; esac
! pgrep -f "sleep 7777" >/dev/null || fail "a process was left"
equal "$(ls .zpl/scratch)" guard "what is left in scratch"

# rows that break their contract are found by the worker, which goes on with the same process
cat >rows.py <<'T'
import pandas as pd

from state import host


def name(i: int) -> str:
    return host()


def rows(i: int) -> pd.DataFrame:
    return pd.DataFrame({"a": [1, i]})
T
cat >rows.zpl <<'T'
local name = step "name" { signature = "(i: Int) -> (s: String)", python = "rows.py:name" }
local rows = step "rows" { signature = "(i: Int) -> (rows: Table {a: Int 0..})", python = "rows.py:rows" }
name { 1, as = "before" } rows { -1 } name { 2, as = "after" }
T
expect 1 zpl run --jobs 1 rows.zpl --json
contains err "column 'a' is to be at least 0: 1 of 2 rows is not: row 2 has -1"
equal "$(value after s)" "$(value before s)" "the process after rows that break their contract"

# limits: of memory, shared by none; of time
cat >limits.py <<'T'
import time
import pandas as pd


def eats(i: int) -> int:
    pieces = []
    while True:
        pieces.append(bytearray(b"x") * (16 << 20))


def little(i: int) -> int:
    time.sleep(0.5)
    return len(pd.DataFrame({"a": range(100000)}))


def hangs(i: int) -> int:
    while True:
        pass


def herd(i: int) -> int:
    import os
    for _ in range(6):
        if os.fork() == 0:
            mine = bytearray(b"x") * (100 << 20)
            time.sleep(60)
    time.sleep(60)
T
cat >limits.zpl <<'T'
local function try(f, n, timeout) step(f .. n) { signature = "(i: Int) -> (s: Int)", python = "limits.py:" .. f, timeout = timeout,
  resources = { memory = "400M" } } { n } end
try("little", 1) try("eats", 2) try("little", 3) try("hangs", 4, "2s") try("little", 5) try("herd", 6, "20s") try("little", 7)
T
expect 1 zpl run --jobs 1 limits.zpl --json
for n in 1 3 5 7; do
    equal "$(status_of out little$n)" ran "little$n"
done
case $(error_of eats2) in *[Mm]emory*) ;; *) fail "$(error_of eats2)" ;; esac
case $(error_of hangs4) in *"time limit"*) ;; *) fail "$(error_of hangs4)" ;; esac
case $(error_of herd6) in *"memory limit"*) ;; *) fail "$(error_of herd6)" ;; esac

# whoever is killed, nothing of theirs goes on
cat >stays.py <<'T'
import subprocess, time


def stays(i: int, mark: str) -> int:
    subprocess.Popen(["sleep", mark])
    open(__import__("os").environ["TMPDIR"] + "/begun", "w").close()
    time.sleep(7000)
T
gone() { # gone WORDS: no process has them in its command, soon
    for _ in $(seq 100); do
        pgrep -f -- "$1" >/dev/null || return 0
        sleep 0.1
    done
    fail "left: $(pgrep -af -- "$1")"
}
for whom in driver supervisor worker host; do
    mark=7$$0$(printf '%s' $whom | wc -c)
    echo "step \"stays\" { signature = \"(i: Int, mark: String) -> (s: Int)\", python = \"stays.py:stays\" } { 1, mark = \"$mark\" }" >stays.zpl
    zpl run stays.zpl >out 2>err &
    driver=$!
    for _ in $(seq 300); do
        pgrep -f "sleep $mark" >/dev/null && break
        sleep 0.1
    done
    sleeper=$(pgrep -f "sleep $mark") || fail "the step did not begin: $(cat err)"
    parent() { sed 's/.*) . //; s/ .*//' "/proc/$1/stat"; }
    call=$(parent "$sleeper") host=$(parent "$(parent "$sleeper")")
    worker=$(parent "$host") supervisor=$(parent "$(parent "$host")")
    eval "kill -9 \$$whom"
    gone "sleep $mark"
    for one in $call $host $worker $supervisor; do
        [ ! -e "/proc/$one" ] || [ "$(sed 's/.*) //; s/ .*//' "/proc/$one/stat" 2>/dev/null)" = Z ] || sleep 1
        [ ! -e "/proc/$one" ] || [ "$(sed 's/.*) //; s/ .*//' "/proc/$one/stat" 2>/dev/null)" = Z ] ||
            fail "$one lives after the end of its $whom: $(cat "/proc/$one/stat")"
    done
    wait "$driver" || true
done

# what keeps models is imported once, when the first of the calls has one: skops looks through all of scikit-learn
cat >keeps.py <<'T'
import sys

from sklearn.linear_model import LinearRegression

from state import host


def none(i: int) -> str:
    return "%s %s" % (host(), "skops.io" in sys.modules)


def fit(i: int):
    return LinearRegression(), none(i)


def use(model, i: int) -> str:
    return none(i)
T
cat >keeps.zpl <<'T'
local none = step "none" { signature = "(i: Int) -> (s: String)", python = "keeps.py:none" }
local fit = step "fit" { signature = "(i: Int) -> (model: Model {sklearn}, s: String)", python = "keeps.py:fit" }
local use = step "use" { signature = "(model: Model {sklearn}, i: Int) -> (s: String)", python = "keeps.py:use" }
local before = none { 1 }
local model, s = fit { 1 }
use { model, 1 }
T
expect 0 zpl run --jobs 1 keeps.zpl --json
one=$(value none s)
equal "$one|$(value fit s)|$(value use s)" "${one%% *} False|${one%% *} True|${one%% *} True" "who has imported skops"
