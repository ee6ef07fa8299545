# `workers = N` on a step in Python: N processes of one function that reach each other and nobody else, the first of
# which speaks for all; one that fails ends all, and is the one that is told of.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle

cp "$ROOT/tests/gang.py" .
NAMES='"RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "MASTER_ADDR"'

# what each is told: who it is, the same inputs and params, a scratch folder of its own; the first speaks for all
cat >told.py <<T
import os
import pandas as pd
import zpl
from gang import gather


def told(rows: pd.DataFrame, k: int):
    c = zpl.context()
    (c.scratch / "mine").write_text(str(c.rank))
    what = {n: os.environ.get(n) for n in ($NAMES)}
    what.update(rank=c.rank, size=c.world_size, sum=int(rows["a"].sum()) * k, threads=os.environ["OMP_NUM_THREADS"],
                scratch=sorted(os.listdir(c.scratch)), tmp=os.environ["TMPDIR"] == str(c.scratch))
    print("printed\\ntwice")
    c.log("logged")
    c.progress(0.5, "half")
    c.metric("loss", c.rank + 0.5, 1)
    os.write(1, b"no end")
    all = gather(c, what)
    return all if c.rank == 0 else 1 / 3  # is no Json of the declared kind, which nobody looks at
T
printf 'a,b\n1,x\n2,y\n' >rows.csv
cat >told.zpl <<'T'
local told = step "told" { signature = "(rows: Table {a: Int}, k: Int) -> (all: Json)", python = "told.py:told",
  vars = { RANK = "7", OMP_NUM_THREADS = "2" }, resources = { workers = 3 } }
told { csv.read "rows.csv", k = 5 }
T
expect 0 zpl run told.zpl --json
json out "'\n'.join(repr(sorted(w.items())) for w in [s['outputs']['all']['value'] for s in j['steps'] if s['name'] == 'told'][0])" >all
for r in 0 1 2; do
    cat <<T
[('LOCAL_RANK', '$r'), ('LOCAL_WORLD_SIZE', '3'), ('MASTER_ADDR', '127.0.0.1'), ('NODE_RANK', '0'), ('RANK', '$r'), ('WORLD_SIZE', '3'), ('rank', $r), ('scratch', ['mine']), ('size', 3), ('sum', 15), ('threads', '2'), ('tmp', True)]
T
done >expected
sort all >sorted
same_file sorted expected
expect 0 zpl logs last/told
for r in 0 1 2; do
    equal "$(grep "^\[$r\]" out | grep -v loss)" "[$r] printed
[$r] twice
[$r] logged
[$r] no end" "the log of rank $r"
done
equal "$(grep loss out)" "[0] loss = 0.5 at 1"

# how many there are counts, as what each computes may be another thing; how many cores it has does not
again() { # again STATUS RESOURCES
    sed "s/resources = {.*} }/resources = { $2 } }/" told.zpl >next.zpl
    expect 0 zpl run next.zpl --json
    equal "$(status_of out told)" "$1" "with $2 the step"
}
again cached "workers = 3"
again cached "workers = 3, cpu = 2"
again cached "workers = 3, memory = \"1Gi\""
again ran "workers = 1"
again ran "workers = 2"
again cached "cpu = 2"
again cached "workers = 2, cpu = 1"
sed 's/workers = 3/workers = 4/' told.zpl >next.zpl
expect 0 zpl why next.zpl told
contains out "workers: 2 → 4"

# one that fails ends all, and is told of, whoever else sees it go
cat >fails.py <<'T'
import ctypes, os, signal, subprocess, sys, time
import zpl
from gang import meet, wait


def raises(mark: str) -> int:
    c = zpl.context()
    child = subprocess.Popen(["sleep", mark])
    if c.rank != 1:
        wait(c)
    ends = meet(c)
    raise ValueError("no luck")


def late(mark: str) -> int:
    c = zpl.context()
    if c.rank != 1:
        wait(c)
    ends = meet(c)
    try:
        ends.pop().close()
        raise KeyError("late")
    finally:
        time.sleep(0.5)  # the others see its connection go long before they could hear of it


def exits(mark: str) -> int:
    c = zpl.context()
    if c.rank != 2:
        wait(c)
    ends = meet(c)
    os._exit(4)


def leaves(mark: str) -> int:
    c = zpl.context()
    if c.rank == 2:
        sys.exit("enough")
    time.sleep(60)
    return 1


def crashes(mark: str) -> int:
    c = zpl.context()
    if c.rank != 1:
        wait(c)
    ends = meet(c)
    ctypes.string_at(0)


def first(mark: str) -> int:
    c = zpl.context()
    if c.rank == 0:
        raise ValueError("of the first")
    time.sleep(60)
    return 1


def after(mark: str) -> int:
    """The others are done: that is not yet the end."""
    c = zpl.context()
    if c.rank != 1:
        return 1
    time.sleep(0.5)
    raise ValueError("after the first")


def deaf(mark: str) -> int:
    """What is asked to end and does not is killed."""
    c = zpl.context()
    if c.rank == 1:
        time.sleep(0.3)
        raise ValueError("of the deaf")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", mark], start_new_session=True)
    while True:
        time.sleep(0.1)


def asks(mark: str) -> int:
    """All others hear that nobody waits for them."""
    c = zpl.context()
    signal.signal(signal.SIGTERM, lambda *_: None)
    assert not c.cancelled()
    if c.rank == 1:
        time.sleep(0.3)
        raise ValueError("of the one")
    while not c.cancelled():
        time.sleep(0.02)
    c.log("was told so")
    return 1
T
mark=77$$
{
    echo 'local function try(f) step(f) { signature = "(mark: String) -> (n: Int)", python = "fails.py:" .. f, resources = { workers = 3 } } { "MARK" } end'
    for f in raises late exits leaves crashes first after deaf asks; do echo "try(\"$f\")"; done
} | sed "s/MARK/$mark/" >fails.zpl
expect 1 zpl run fails.zpl --json
at() { grep -n -F -- "$2" "$1" | sed "s/:.*//; s/^/$1:/"; } # at FILE WORDS: FILE:LINE
tells() { # tells STEP WORDS: the whole error
    equal "$(error_of "$1")" "$2" "the error of $1"
}
tells raises "$(at fails.py 'ValueError("no luck")'): raises() of rank 1 raised ValueError: no luck"
tells late "$(at fails.py 'KeyError'): late() of rank 1 raised KeyError: 'late'"
tells exits "fails.py: exits() of rank 2 ended its process with exit code 4"
tells leaves "$(at fails.py 'sys.exit'): leaves() of rank 2 called sys.exit('enough')"
tells crashes "fails.py: crashes() of rank 1 crashed its process with signal 11 (SIGSEGV)"
tells first "$(at fails.py 'of the first'): first() of rank 0 raised ValueError: of the first"
tells after "$(at fails.py 'after the first'): after() of rank 1 raised ValueError: after the first"
tells deaf "$(at fails.py 'of the deaf'): deaf() of rank 1 raised ValueError: of the deaf"
tells asks "$(at fails.py 'of the one'): asks() of rank 1 raised ValueError: of the one"
! pgrep -f "sleep $mark" >/dev/null || fail "a process was left"
equal "$(ls .zpl/scratch)" guard "what is left in scratch"
expect 0 zpl logs last/asks
equal "$(grep -c "^\[[02]\] was told so" out)" 2 "who was told"
expect 0 zpl logs last/late
equal "$(grep "^\[" out | tail -n 1)" "[1] KeyError: 'late'" "the last line"
contains out "[0] ConnectionResetError: the other is gone"

# all are tried again together, with a folder that is empty
cat >again.py <<'T'
import os, pathlib
import zpl
from gang import gather


def again(mark: str) -> str:
    c = zpl.context()
    assert os.listdir(c.scratch) == []
    (c.scratch / "left").touch()
    here = pathlib.Path("/dev/shm/%s.%d" % (mark, c.rank))
    attempt = len(here.read_text()) if here.exists() else 0
    here.write_text("x" * (attempt + 1))
    all = gather(c, attempt)
    if attempt == 0 and c.rank == 1:
        raise ValueError("the first time")
    return str(all)
T
echo "step \"again\" { signature = \"(mark: String) -> (s: String)\", python = \"again.py:again\", retries = 1, resources = { workers = 2 } } { \"zpl-gang-$$\" }" >again.zpl
expect 0 zpl run again.zpl --json
rm -f /dev/shm/zpl-gang-$$.*
equal "$(value again s)" "[1, 1]" "the attempt of each"

# memory is that of each, with what it starts; whoever takes more is told
cat >memory.py <<'T'
import os, time
import zpl


def fits(i: int) -> int:
    mine = bytearray(b"x") * (150 << 20)
    time.sleep(0.5)
    return len(mine) >> 20


def eats(i: int) -> int:
    if zpl.context().rank == 1:
        return len(bytearray(b"x") * (400 << 20))
    time.sleep(60)
    return 1


def herd(i: int) -> int:
    if zpl.context().rank == 1:
        for _ in range(4):
            if os.fork() == 0:
                mine = bytearray(b"x") * (100 << 20)
                time.sleep(60)
    time.sleep(60)
    return 1


def grows(i: int) -> int:
    return len(bytearray(b"x") * (250 << 20)) >> 20
T
cat >memory.zpl <<'T'
local function try(f, retries) step(f) { signature = "(i: Int) -> (n: Int)", python = "memory.py:" .. f, retries = retries,
  resources = { workers = 2, memory = "250M" } } { 1 } end
try("fits") try("eats") try("herd") try("grows", 1)
T
expect 1 zpl run --jobs 1 memory.zpl --json
equal "$(value fits n)" 150
equal "$(value grows n)" 250
tells eats "$(at memory.py '400 <<'): eats() of rank 1 raised MemoryError: out of memory"
tells herd "memory.py: herd() of rank 1 was over its memory limit of 238 MiB"

# they reach each other, and nobody else; with `network = true` also others
cat >net.py <<'T'
import os, socket
import zpl
from gang import gather


def tries(what):
    try:
        what()
        return "done"
    except OSError as e:
        return os.strerror(e.errno)


def net(port: int):
    c = zpl.context()
    out = {
        "outside": tries(lambda: socket.create_connection(("192.0.2.1", 9), timeout=2)),
        "machine": tries(lambda: socket.create_connection(("127.0.0.1", port), timeout=2)),
        "packet": tries(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "vsock": tries(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)),
        "six": tries(lambda: socket.create_server(("::1", 0), family=socket.AF_INET6)),
        "names": tries(lambda: socket.getaddrinfo("localhost", 80)),
    }
    return gather(c, out)


def fails(port: int):
    socket.create_connection(("192.0.2.1", 9), timeout=2)
T
python3 -c '
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    s.accept()[0].close()' >port &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 100); do [ ! -s port ] || break; sleep 0.1; done
cat >net.zpl <<T
step "alone" { signature = "(port: Int) -> (all: Json)", python = "net.py:net", resources = { workers = 2 } } { $(cat port) }
step "open" { signature = "(port: Int) -> (all: Json)", python = "net.py:net", network = true, resources = { workers = 2 } } { $(cat port) }
step "fails" { signature = "(port: Int) -> (all: Json)", python = "net.py:fails", resources = { workers = 2 } } { $(cat port) }
T
expect 1 zpl run net.zpl --json
value alone all >alone
lines() { json out "'\n'.join('%s %s' % (n, w[n]) for w in [s['outputs']['all']['value'] for s in j['steps'] if s['name'] == '$1'][0] for n in ($2))"; }
one="outside Network is unreachable
machine Connection refused
packet Permission denied
vsock Permission denied
six done
names done"
equal "$(lines alone '"outside", "machine", "packet", "vsock", "six", "names"')" "$one
$one"
equal "$(lines open '"machine",')" "machine done
machine done"
case $(error_of fails) in *"of rank "*"Network is unreachable"*) ;; *) fail "$(error_of fails)" ;; esac
contains err "reach each other and nobody else"
kill $server
trap - EXIT

# where no network can be made it is told what to do, and nothing runs
if unshare -Ur true 2>/dev/null; then
    expect 1 unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && zpl run told.zpl --no-cache'
    contains err "its workers need a network among themselves, which this machine does not let zpl make"
    contains err "network = true"
    sed 's/workers = 3/workers = 3 }, network = true, doc = "x", vars = { A = "1" /; s/vars = { RANK.*}, res/res/' told.zpl >open.zpl
    expect 0 unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && zpl run open.zpl --no-cache'
fi

# more than one machine starts
sed 's/workers = 3/workers = 201/' told.zpl >many.zpl
expect 1 zpl run many.zpl
contains err "a gang of 201 workers is more than one machine starts: 200 at most"

# a command starts its workers itself
cat >command.zpl <<'T'
step "once" { signature = "() -> (s: String)", command = { "sh", "-c", "printf '\"%s\"' one$${RANK:-} >$$0", "$s" }, resources = { workers = 3 } } {}
T
expect 0 zpl run command.zpl --json
equal "$(value once s)" one

# time, Ctrl-C, and whoever is killed: nothing goes on
cat >stays.py <<'T'
import os, signal, subprocess, time
import zpl


def stays(i: int, mark: str) -> int:
    c = zpl.context()
    signal.signal(signal.SIGTERM, lambda *_: None)
    subprocess.Popen(["sleep", mark])
    while not c.cancelled():
        time.sleep(0.02)
    c.log("was told so")
    return 1
T
gone() { # gone WORDS: no process has them in its command, soon
    for _ in $(seq 100); do
        pgrep -f -- "$1" >/dev/null || return 0
        sleep 0.1
    done
    fail "left: $(pgrep -af -- "$1")"
}
stays() { # stays MARK MORE
    echo "step \"stays\" { signature = \"(i: Int, mark: String) -> (s: Int)\", python = \"stays.py:stays\", resources = { workers = 2 } $2 } { 1, mark = \"$1\" }" >stays.zpl
}
stays "6$$" ', timeout = "2s"'
expect 1 zpl run stays.zpl
contains err "time limit"
gone "sleep 6$$"
expect 0 zpl logs last/stays
equal "$(grep -c "was told so" out)" 2
parent() { sed 's/.*) . //; s/ .*//' "/proc/$1/stat"; }
for whom in interrupt driver supervisor worker rank; do
    mark=7$$0$(printf '%s' $whom | wc -c)
    stays "$mark" ""
    zpl run stays.zpl >out 2>err &
    driver=$!
    for _ in $(seq 300); do
        [ "$(pgrep -fc "^sleep $mark")" -lt 2 ] || break
        sleep 0.1
    done
    sleeper=$(pgrep -f "^sleep $mark" | head -n 1) || fail "the step did not begin: $(cat err)"
    rank=$(parent "$sleeper")
    ranks=$(pgrep -P "$(parent "$rank")")
    equal "$(echo "$ranks" | wc -l)" 2 "the processes of the gang"
    worker=$(parent "$rank") supervisor=$(parent "$(parent "$rank")")
    case $whom in
    interrupt) kill -INT "$driver" ;;
    *) eval "kill -9 \$$whom" ;;
    esac
    gone "sleep $mark"
    for one in $ranks; do
        wait_for 10 test ! -e "/proc/$one"
    done
    code=0
    wait "$driver" || code=$?
    case $whom in
    interrupt) equal "$code" 130 ;;
    rank) contains err "of rank "; contains err "SIGKILL" ;;
    esac
done
equal "$(ls .zpl/scratch | grep -v guard | grep -v -- - || true)" "" "what is left in scratch"
