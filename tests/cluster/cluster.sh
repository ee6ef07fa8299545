# cluster.sh - a Slurm cluster of two nodes on this machine, for the tests in this folder: the real
# daemons, in a folder of their own, on ports of their own, without systemd and without root.
# After `. "$ROOT/tests/cluster/cluster.sh"`:
#     cluster_up     starts it and waits until both nodes are idle; sets SLURM_CONF; stops it at exit
#     controller_down, controller_up                   the controller alone
#     $SHARED        a folder in which steps may leave a mark
#     idle COUNT, jobs_are STATES COUNT, running       what wait_for may wait for
#     node_down NODE                                   its daemon and all that runs there, by SIGKILL
. "$ROOT/tests/lib.sh"
need munged slurmctld slurmd sbatch squeue scancel sinfo scontrol srun pgrep
SHARED=$(mktemp -d /dev/shm/zpl-cluster.XXXXXX) # a step may write there, to be seen
CLUSTER=$(mktemp -d "${TMPDIR:-/tmp}/cluster.XXXXXX")
NODES="n1 n2"
port=$((20000 + $$ % 2500 * 4))

configure() { # what the tests need is quick: failed nodes are told after seconds
    cat >"$CLUSTER/slurm.conf" <<C
ClusterName=zpl
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$CLUSTER/munge/socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout=5
KillWait=2
StateSaveLocation=$CLUSTER/state
SlurmdSpoolDir=$CLUSTER/spool.%n
SlurmctldPidFile=$CLUSTER/slurmctld.pid
SlurmdPidFile=$CLUSTER/slurmd.%n.pid
SlurmctldLogFile=$CLUSTER/slurmctld.log
SlurmdLogFile=$CLUSTER/slurmd.%n.log
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=1000,batch_sched_delay=0,bf_interval=5,default_queue_depth=200
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
JobAcctGatherType=jobacct_gather/none
GresTypes=gpu
AccountingStorageType=accounting_storage/none
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 RealMemory=4000 Gres=gpu:1
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 RealMemory=4000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=n1,n2 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
C
    echo "NodeName=n1 Name=gpu File=/dev/null" >"$CLUSTER/gres.conf"
    export SLURM_CONF="$CLUSTER/slurm.conf"
}

start_munge() {
    mkdir -m 0755 "$CLUSTER/munge"
    chmod 0755 "$CLUSTER"
    head -c 1024 /dev/urandom >"$CLUSTER/munge/key"
    chmod 0400 "$CLUSTER/munge/key"
    munged --foreground --force --socket="$CLUSTER/munge/socket" --key-file="$CLUSTER/munge/key" \
        --pid-file="$CLUSTER/munge/pid" --seed-file="$CLUSTER/munge/seed" \
        --log-file="$CLUSTER/munge/log" >"$CLUSTER/munge/out" 2>&1 &
    munge_pid=$!
    wait_for 10 test -S "$CLUSTER/munge/socket"
}

controller_up() {
    slurmctld -D -f "$SLURM_CONF" >"$CLUSTER/slurmctld.out" 2>&1 &
    controller_pid=$!
}

controller_down() {
    kill -KILL "$controller_pid"
    wait "$controller_pid" 2>/dev/null || :
}

node_up() { # node_up NODE
    mkdir -p "$CLUSTER/spool.$1"
    slurmd -D -N "$1" -f "$SLURM_CONF" >"$CLUSTER/slurmd.$1.out" 2>&1 &
    echo $! >"$CLUSTER/$1.pid"
}

# A node's jobs run below its slurmstepd, which has the node's log open.
steps_of() { # steps_of NODE: the slurmstepd of its jobs
    for process in $(pgrep slurmstepd); do
        ! ls -l "/proc/$process/fd" 2>/dev/null | grep -q "$CLUSTER/slurmd.$1.log" || echo "$process"
    done
}

node_down() { # node_down NODE: as when the machine loses its power
    steps=$(steps_of "$1")
    kill -KILL "$(cat "$CLUSTER/$1.pid")"
    for step in $steps; do kill_tree "$step"; done
    wait "$(cat "$CLUSTER/$1.pid")" 2>/dev/null || :
}

kill_tree() { # kill_tree PID: it, and all below it
    kill -STOP "$1" 2>/dev/null || :
    for child in $(ps -o pid= --ppid "$1" 2>/dev/null); do kill_tree "$child"; done
    kill -KILL "$1" 2>/dev/null || :
}

idle() { # idle COUNT: so many nodes are
    [ "$(sinfo -h -N -p main -t idle -o %N 2>/dev/null | wc -l)" = "$1" ]
}

jobs_are() { # jobs_are STATES COUNT: so many jobs are in them
    [ "$(squeue -h -r -t "$1" -o %i | wc -l)" = "$2" ]
}

running() { # some job is
    squeue -h -t RUNNING -o %i | grep -q .
}

cluster_down() {
    scancel --user="$(id -un)" --quiet 2>/dev/null || :
    for node in $NODES; do
        for step in $(steps_of "$node"); do kill_tree "$step"; done
        kill -KILL "$(cat "$CLUSTER/$node.pid")" 2>/dev/null || :
    done
    kill -KILL "$controller_pid" "$munge_pid" 2>/dev/null || :
    rm -rf "$CLUSTER" "$SHARED"
}

cluster_up() {
    trap cluster_down EXIT
    trap 'exit 143' TERM INT HUP # or the first would not happen
    configure
    mkdir "$CLUSTER/state"
    start_munge
    controller_up
    for node in $NODES; do node_up "$node"; done
    wait_for 30 idle 2
}
