# A gang whose ranks are on two nodes, without a cluster: scripts stand for Slurm's commands, and both nodes are this
# machine.  Who is where, a rank that fails on the second, a second that can't be had or leaves.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle
mkdir slurm
cat >slurm/sbatch <<'T'
#!/bin/sh
# Begins the job here, with its workers on two nodes.
while :; do
    case $1 in --job-name=*) name=${1#*=} ;; --*) ;; *) break ;; esac
    shift
done
export SLURMD_NODENAME=n1 SLURM_TASKS_PER_NODE="${TASKS:-2,1}"
setsid sh "$@" >/dev/null 2>&1 &
echo "$name $!" >>"$JOBS"
echo $!
T
cat >slurm/squeue <<'T'
#!/bin/sh
while read -r name pid; do
    state=COMPLETED
    ! kill -0 "$pid" 2>/dev/null || state=RUNNING
    echo "$name|$pid|N/A|$state|n[1-2]|None"
done <"$JOBS"
T
cat >slurm/scancel <<'T'
#!/bin/sh
shift
for pid; do kill -TERM "-$pid" 2>/dev/null; done
T
cat >slurm/srun <<'T'
#!/bin/sh
for word; do case $word in --*) shift ;; *) break ;; esac done
export SLURMD_NODENAME=n2 SLURM_LAUNCH_NODE_IPADDR=127.0.0.1
exec 3<&0
"$@" <&3 &
while kill -0 $! 2>/dev/null; do
    sleep 0.05
    [ ! -e "$FAILS" ] || kill -KILL $!
done
rm -f "$FAILS"
T
chmod +x slurm/*
export JOBS="$PWD/jobs" FAILS="$PWD/fails"
: >jobs
PATH="$PWD/slurm:$PATH"

cp "$ROOT/tests/gang.py" meeting.py
cat >gang.py <<'T'
import mmap, os, time
import zpl
from meeting import meet


def where(k: int) -> list:
    c = zpl.context()
    names = "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "SLURMD_NODENAME"
    mine = " ".join(os.environ[n] for n in names) + " %d" % k
    os.write(1, b"\xff no UTF-8\n")
    os.write(1, b"no end")
    c.log("logged\ntwice")
    ends = meet(c)
    if c.rank > 0:
        ends[0].sendall(mine.encode())
        return 1 / 3
    return sorted([mine] + [end.recv(1000).decode() for end in ends])


def fails() -> int:
    c = zpl.context()
    ends = meet(c)
    if c.rank == 2:
        os._exit(3)
    ends[0].recv(1)
    raise ConnectionResetError("the other is gone")


def big() -> int:
    if zpl.context().rank == 2:
        room = mmap.mmap(-1, 500 << 20)
        for i in range(0, len(room), 4096):
            room[i] = 1
    time.sleep(60)


def waits() -> int:
    c = zpl.context()
    ends = meet(c)
    os.makedirs(c.scratch / "here")
    time.sleep(3)
    return 4
T
cat >step.zpl <<'T'
stack "team" { orchestrator = slurm {} }
local function gang(name, signature)
  return step(name) { signature = signature, python = "gang.py:" .. name, vars = { "SLURMD_NODENAME" }, resources = { workers = 3, memory = "200Mi" } }
end
T
{ cat step.zpl && echo 'gang("where", "(k: Int) -> (all: List(String))") { k = 5 }'; } >where.zpl
expect 0 zpl run where.zpl --stack team --json
equal "$(json out "'|'.join(j['steps'][0]['outputs']['all']['value'])")" "0 0 3 2 0 n1 5|1 1 3 2 0 n1 5|2 0 3 1 1 n2 5"
expect 0 zpl logs last
contains out "ranks 0 and 1 on n1, rank 2 on n2; they have the network of these machines"
equal "$(grep '^\[2\]' out)" "[2] � no UTF-8
[2] logged
[2] twice
[2] no end"

{ cat step.zpl && echo 'gang("fails", "() -> (n: Int)") {}'; } >fails.zpl
expect 1 zpl run fails.zpl --stack team
contains err "fails() of rank 2 on n2 ended its process with exit code 3"

# one is over its memory: it is blamed, not the one beside it that is ended for that
{ cat step.zpl && echo 'gang("big", "() -> (n: Int)") {}'; } >big.zpl
TASKS=1,2 expect 1 zpl run big.zpl --stack team
contains err "big() of rank 2 on n2 was over its memory limit of 200 MiB"

# the program of the second node leaves: the step is begun again
{ cat step.zpl && echo 'gang("waits", "() -> (n: Int)") {}'; } >waits.zpl
zpl run waits.zpl --stack team >out 2>err &
pid=$!
wait_for 30 sh -c 'ls -d .zpl/spool/*/work/.tmp.2/here'
: >fails
wait $pid || fail "it ended with $?: $(cat err)"
expect 0 zpl logs last
contains out "attempt 1 failed: it was lost: n2 with rank 2 fell silent"

# one that can't be had, one of another zpl
{ cat step.zpl && echo 'gang("fails", "() -> (n: Int)") {}'; } >fails.zpl
printf '#!/bin/sh\necho there is no node >&2\nexit 1\n' >slurm/srun
expect 1 zpl run fails.zpl --stack team
contains err "it was lost: machine 2 of 2 did not answer; the log has why, if anybody knows"
contains err "there is no node"
printf '#!/bin/sh\necho "{\\"machine\\":\\"n2\\",\\"starter\\":\\"\\",\\"v\\":1}"\ncat >/dev/null\n' >slurm/srun
expect 1 zpl run fails.zpl --stack team
contains err "machine 2 of 2 has another version of zpl"
lacks err "it was lost"

# it is asked for what it was not meant for
expect 0 zpl worker - </dev/null
contains out '"machine":'
echo '{"v":1}' >task
run zpl worker - <task
[ "$code" != 0 ] || fail "it did a task of another version"
contains err "a task of protocol 1"
