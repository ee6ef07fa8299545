# A gang that no node has room for: its ranks are on both.  They know who is where, reach each other and read the store;
# what they make is what one machine makes.  A rank that fails on the other node ends all and is told of, as is a node.
# Time limit: 480 s
. "$ROOT/tests/cluster/cluster.sh"
with_oracle
cluster_up
MARK=$(basename "$SHARED").rank
cp "$ROOT/tests/gang.py" meeting.py
cat >gang.py <<'T'
import os, select, signal, socket, subprocess, sys
import pandas as pd
import zpl
from meeting import meet


def gather(c, mine):
    """What all say, by rank, at the first; None at the others."""
    ends = meet(c)
    if c.rank > 0:
        ends[0].sendall(("%d %s" % (c.rank, mine)).encode())
        ends[0].shutdown(socket.SHUT_WR)
        return None
    said = sorted(end.makefile().read().split(" ", 1) for end in ends)
    return [mine] + [text for _, text in said]


def where() -> list:
    names = "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "SLURMD_NODENAME"
    print("printed by", os.getpid())
    return gather(zpl.context(), " ".join(os.environ[n] for n in names))


def total(rows: pd.DataFrame, times: int) -> pd.DataFrame:
    c = zpl.context()
    c.log("%d of %d rows" % (len(rows.iloc[c.rank :: c.world_size]), len(rows)))
    with open(os.path.join(c.scratch, "mine"), "w") as f:
        f.write(repr(float(rows.iloc[c.rank :: c.world_size]["x"].sum() * times)))
    with open(os.path.join(c.scratch, "mine")) as f:
        parts = gather(c, f.read())
    return pd.DataFrame({"part": [float(p) for p in parts]}) if parts else None


def fails(how: str) -> int:
    c = zpl.context()
    ends = meet(c)
    if c.rank == 2 and how == "raise":
        raise ValueError("no luck")
    if c.rank == 2 and how == "exit":
        os._exit(3)
    if c.rank == 2 and how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if c.rank == 2 and how == "memory":
        big = "x = bytearray(120 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nimport time; time.sleep(60)"
        for _ in range(3):
            subprocess.Popen([sys.executable, "-c", big])
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    poll.poll()
    raise ConnectionResetError("the other is gone")


def mark(name):
    path = "/dev/shm/%s.%s" % (os.environ["MARK"], name)
    there = os.path.exists(path)
    with open(path, "a") as f:
        f.write("%d\n" % os.getpid())
    return there


def again() -> int:
    c = zpl.context()
    mark(c.rank)
    meet(c)
    if c.rank == 2 and not mark("second"):
        raise ValueError("the first time")
    return 7


def stays() -> int:
    c = zpl.context()
    again = mark(c.rank) and os.path.exists("/dev/shm/%s.go" % os.environ["MARK"])
    ends = meet(c)
    child = subprocess.Popen(["sleep", "611"])
    if not again:
        select.select(ends, [], [])
        raise ConnectionResetError("the other is gone")
    child.kill()
    return 5
T
cat >step.zpl <<Z
stack "team" { orchestrator = slurm {} }
local function gang(name, signature, more)
  local said = { signature = signature, python = "gang.py:" .. name, vars = { "SLURMD_NODENAME", MARK = "$MARK" },
    resources = { workers = 3, memory = "200Mi" } }
  for key, value in pairs(more or {}) do said[key] = value end
  return step(name)(said)
end
Z
program() { # program FILE: the steps that standard input names
    cat step.zpl - >"$1"
}
marks() { # marks COUNT: so many lines did each rank write
    for rank in 0 1 2; do
        [ "$(cat "/dev/shm/$MARK.$rank" 2>/dev/null | wc -l)" = "$1" ] || return 1
    done
}
nothing_left() {
    wait_for 30 jobs_are RUNNING,COMPLETING 0
    for process in $(pgrep -f 'zpl/__main__.py call$|sleep 611|zpl worker') ; do
        ! tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -q "^TMPDIR=$TMP\|^MARK=$MARK$\|^HOME=$TMP$" ||
            fail "it goes on: $process $(tr '\0' ' ' <"/proc/$process/cmdline")"
    done
}

# who is where; the log has all
echo 'gang("where", "() -> (all: List(String))") {}' | program where.zpl
expect 0 zpl run where.zpl --stack team --json
equal "$(json out "'|'.join(j['steps'][0]['outputs']['all']['value'])")" "0 0 3 2 0 n1|1 1 3 2 0 n1|2 0 3 1 1 n2" "who is where"
expect 0 zpl logs last/where
contains out "ranks 0 and 1 on n1, rank 2 on n2"
equal "$(grep -c '^\[[012]\] printed by' out)" 3 "the ranks in the log"

# what is in the store is read by all, and what comes of it has the bytes and the key of one machine's
python3 -c 'print("x"); [print(i / 7) for i in range(1000)]' >rows.csv
program total.zpl <<'Z'
gang("total", "(rows: Table {x: Float}, times: Int) -> (out: Table {part: Float})") { csv.read { "rows.csv", type = Table { x = Float } }, times = 3 }
Z
made() { json out "[[s['key'], s['outputs']['out']['digest'], s['status']] for s in j['steps'] if s['name'] == 'total'][0]"; }
expect 0 zpl run total.zpl --stack team --json
made | sed 's/, "ran"//' >there
expect 0 zpl logs last/total
contains out "[2] 333 of 1000 rows"
expect 0 zpl run total.zpl --json
equal "$(made | sed 's/, "cached"//')" "$(cat there)" "what is found of the cluster"
expect 0 zpl run total.zpl --no-cache --json
equal "$(made | sed 's/, "ran"//')" "$(cat there)" "what this machine makes"

# PyTorch's DistributedDataParallel
if [ -x "$ROOT/build/torch/bin/python3" ]; then
    cat >net.py <<'T'
import os
import torch
import torch.distributed as dist
from torch import nn


def fit() -> nn.Module:
    dist.init_process_group("gloo")
    torch.manual_seed(7)
    net = nn.Linear(20, 2)
    model = nn.parallel.DistributedDataParallel(net)
    x = torch.randn(300, 20)
    y = (x[:, 0] > 0).long()
    mine = slice(int(os.environ["RANK"]), None, int(os.environ["WORLD_SIZE"]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[mine]), y[mine]).backward()
        optimizer.step()
    dist.barrier()
    dist.destroy_process_group()
    return net
T
    cat >net.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
step "fit" { signature = "() -> (model: Model {torch})", python = "net.py:fit", resources = { workers = 3, memory = "1Gi" } } {}
Z
    with_torch="$ROOT/build/torch/bin:$PATH"
    PATH=$with_torch expect 0 zpl run net.zpl --stack team --json
    json out "j['steps'][0]['outputs']['model']['digest']" >there
    PATH=$with_torch expect 0 zpl run net.zpl --no-cache --json
    equal "$(json out "j['steps'][0]['outputs']['model']['digest']")" "$(cat there)" "the weights of one machine"
fi

# a rank that fails on the other node
for how in "raise:fails() of rank 2 on n2 raised ValueError: no luck" \
    "exit:fails() of rank 2 on n2 ended its process with exit code 3" \
    "crash:fails() of rank 2 on n2 crashed its process with signal 11 (SIGSEGV)" \
    "memory:rank 2 on n2"; do
    echo "gang(\"fails\", \"(how: String) -> (n: Int)\") { how = \"${how%%:*}\" }" | program fails.zpl
    expect 1 zpl run fails.zpl --stack team
    contains err "${how#*:}"
    # Seen by the first node, or by the one that it is on, whichever looks first.
    [ "${how%%:*}" != memory ] || contains err "over its memory limit of 200 MiB"
    nothing_left
done

# begun again, by all
echo 'gang("again", "() -> (n: Int)", { retries = 1 }) {}' | program again.zpl
expect 0 zpl run again.zpl --stack team --json
equal "$(json out "[j['steps'][0]['attempts'], j['steps'][0]['outputs']['n']['value']]")" "[2, 7]"
marks 2 || fail "they were not all begun again: $(wc -l "/dev/shm/$MARK".*) $(zpl logs last)"
rm -f "/dev/shm/$MARK".*

# its time is over; Ctrl-C
echo 'gang("stays", "() -> (n: Int)", { timeout = "4s" }) {}' | program late.zpl
expect 1 zpl run late.zpl --stack team
contains err "not ready after its time limit of 4.0 s"
nothing_left
rm -f "/dev/shm/$MARK".*
echo 'gang("stays", "() -> (n: Int)") {}' | program stays.zpl
zpl run stays.zpl --stack team >out 2>err &
driver=$!
wait_for 60 marks 1
kill -INT $driver
code=0
wait $driver || code=$?
equal $code 130
nothing_left
wait_for 30 idle 2
rm -f "/dev/shm/$MARK".*

# the other node fails: nobody who lost a connection by that is blamed, and all is done again when it is back
zpl run stays.zpl --stack team >out 2>err &
driver=$!
wait_for 60 marks 1
: >"/dev/shm/$MARK.go"
node_down n2
wait_for 60 sh -c 'squeue -h -t all -o %T | grep -q "PENDING\|NODE_FAIL"'
wait_for 30 jobs_are RUNNING,COMPLETING 0
node_up n2
wait $driver || fail "it ended with $?: $(cat err)"
marks 2 || fail "they were not all begun again: $(wc -l "/dev/shm/$MARK".*) $(zpl logs last)"
expect 0 zpl logs last/stays
grep -q "it was lost: n2 with rank 2 fell silent\|it was lost: a node of n\[1-2\] failed" out || fail "nobody says that n2 failed: $(cat out)"
lacks out "the other is gone"
rm -f "/dev/shm/$MARK".*
