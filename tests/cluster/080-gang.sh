# `workers = 2`: both nodes are given at once, the command starts its workers on them.  `gpu = 1`: the
# step runs where there is one.      Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
step "gang" { signature = "() -> (n: Int)", resources = { cpu = 2, workers = 2, memory = "256Mi" },
  command = { "sh", "-c", "srun sh -c 'echo worker $$SLURM_PROCID of $$SLURM_NTASKS on $$SLURMD_NODENAME in $$SLURM_JOB_ID'; echo $$SLURM_JOB_ID >$$0", "$n" },
  vars = { "SLURM_JOB_ID", "SLURM_CONF" }, network = true } {}
step "gpu" { signature = "() -> (node: String)", resources = { gpu = 1 },
  command = { "sh", "-c", "printf '\"%s\"' $$SLURMD_NODENAME >$$0", "$node" }, vars = { "SLURMD_NODENAME" } } {}
Z
expect 0 zpl run p.zpl --stack team --json
id=$(json out "[s['outputs']['n']['value'] for s in j['steps'] if s['name'] == 'gang'][0]")
equal "$(json out "[s['outputs']['node']['value'] for s in j['steps'] if s['name'] == 'gpu'][0]")" n1 "the node of the step with a GPU"
expect 0 zpl logs last/gang
grep -o "worker .*" out | sort >workers
equal "$(cat workers)" "worker 0 of 2 on n1 in $id
worker 1 of 2 on n2 in $id"

# more than there are: refused, not waited for
sed 's/workers = 2/workers = 5/' p.zpl >big.zpl
expect 1 zpl run big.zpl --stack team --no-cache
contains err "it was not begun: job "
contains err "can't run on this cluster"

# a function of Python whose workers fit one node: the first that fails is told of
with_oracle
cat >gang.py <<'T'
import os, socket, time
import zpl


def meet(c):
    at = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    if c.rank == 0:
        with socket.create_server(at) as door:
            return [door.accept()[0] for _ in range(c.world_size - 1)]
    while True:
        try:
            return [socket.create_connection(at)]
        except ConnectionRefusedError:
            time.sleep(0.05)


def where() -> list:
    c = zpl.context()
    mine = "%d %d %s" % (c.rank, c.world_size, os.environ["SLURMD_NODENAME"])
    ends = meet(c)
    if c.rank > 0:
        ends[0].sendall(mine.encode())
        return None
    return [mine] + [end.recv(100).decode() for end in ends]


def fails() -> list:
    c = zpl.context()
    ends = meet(c)
    if c.rank == 1:
        raise ValueError("no luck")
    while True:
        time.sleep(1)


def stays() -> list:
    c = zpl.context()
    with open("/dev/shm/%s.%d" % (os.environ["MARK"], c.rank), "w") as f:
        f.write(str(os.getpid()))
    time.sleep(600)
T
MARK=$(basename "$SHARED").stays
cat >py.zpl <<Z
stack "team" { orchestrator = slurm {} }
local function try(f) step(f) { signature = "() -> (all: List(String))", python = "gang.py:" .. f, vars = { "SLURMD_NODENAME", MARK = "$MARK" },
  resources = { workers = 2, memory = "200Mi" } } {} end
Z
cp py.zpl where.zpl && echo 'try("where")' >>where.zpl
expect 0 zpl run where.zpl --stack team --json
node=$(json out "j['steps'][0]['outputs']['all']['value'][0].split()[2]")
equal "$(json out "' '.join(j['steps'][0]['outputs']['all']['value'])")" "0 2 $node 1 2 $node" "who ran where"
cp py.zpl fails.zpl && echo 'try("fails")' >>fails.zpl
expect 1 zpl run fails.zpl --stack team
contains err "fails() of rank 1 raised ValueError: no luck"
expect 0 zpl run where.zpl # what the cluster made
contains out cached

# Ctrl-C ends all of them
cp py.zpl stays.zpl && echo 'try("stays")' >>stays.zpl
zpl run stays.zpl --stack team >out 2>err &
driver=$!
wait_for 60 test -s "/dev/shm/$MARK.0" -a -s "/dev/shm/$MARK.1"
kill -INT $driver
code=0
wait $driver || code=$?
equal $code 130
wait_for 30 jobs_are RUNNING,COMPLETING 0
wait_for 30 idle 2
! pgrep -f "zpl/__main__.py call$" >ranks || for rank in $(cat ranks); do
    ! tr '\0' '\n' <"/proc/$rank/environ" 2>/dev/null | grep -q "^MARK=$MARK$" || fail "rank $rank goes on"
done
rm -f "/dev/shm/$MARK".*
