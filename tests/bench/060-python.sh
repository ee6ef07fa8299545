# What a step in Python costs beside its function: 1,000 steps of two numbers and 50 of a small frame of pandas, a step,
# beside the bare call in one process, beside a process of Python that does it (of pandas, one with its import) and
# beside /bin/true; one of the calls itself, from zpl's question to the process that is kept to its answer, and to the end of
# the process that gave it; and beside ZenML with its store on this machine, a step being what 20 more of them take.  Medians of 3, wall and
# processor time; nothing is recalled.      Time limit: 1800 s
. "$ROOT/tests/lib.sh"
with_oracle
cat >add.py <<'T'
def add(a: int, b: int) -> int:
    return a + b
T
cat >frame.py <<'T'
import pandas as pd


def more(rows: pd.DataFrame, k: int) -> pd.DataFrame:
    return rows.assign(x=rows["x"] + k)
T
cat >add.zpl <<'P'
local add = step "add" { signature = "(a: Int, b: Int) -> (c: Int)", python = "add.py:add" }
for i = 1, 1000 do add { a = i, b = 1, as = "add" .. i } end
P
cat >frame.zpl <<'P'
local rows = csv.read "rows.csv"
local more = step "more" { signature = "(rows: Table {x: Int}, k: Int) -> (out: Table {x: Int})", python = "frame.py:more" }
for i = 1, 50 do more { rows, k = i, as = "more" .. i } end
P
seq 1000 | sed '1i x' >rows.csv
cat >zen.py <<'T'
import sys
import pandas as pd
from zenml import pipeline, step

@step
def add(a: int, b: int) -> int:
    return a + b

@step
def read() -> pd.DataFrame:
    return pd.read_csv("rows.csv")

@step
def more(rows: pd.DataFrame, k: int) -> pd.DataFrame:
    return rows.assign(x=rows["x"] + k)

@pipeline(enable_cache=False)
def adds(count: int):
    for i in range(count):
        add(a=i, b=1, id=f"add{i}")

@pipeline(enable_cache=False)
def frames(count: int):
    rows = read()
    for i in range(count):
        more(rows, k=i, id=f"more{i}")

globals()[sys.argv[1]](int(sys.argv[2]))
T
zenml=$ROOT/build/bench/zenml
[ -x "$zenml/bin/zenml" ] || {
    echo "getting ZenML (200 MB)"
    rm -rf "$zenml"
    python3 -m venv "$zenml"
    uv pip install --quiet --python "$zenml/bin/python" "zenml[local]==0.98.0" pandas==3.1.1 pyarrow==26.0.1
}
export ZENML_CONFIG_PATH="$PWD/zenml" ZENML_ANALYTICS_OPT_IN=false ZENML_LOGGING_VERBOSITY=ERROR
cat >measure.py <<'P'
import ctypes, json, os, resource, shutil, socket, statistics, subprocess, sys, time
from process import VERSION, Process, Talk

def cost(command):
    """Milliseconds of wall and processor time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

def ran(program):
    shutil.rmtree(".zpl", ignore_errors=True)
    subprocess.run(["zpl", "check", program], check=True, stdout=subprocess.DEVNULL)
    return cost(["zpl", "run", program])

def bare(count, call):
    wall, cpu = time.perf_counter(), time.process_time()
    for i in range(count):
        call(i)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000

def row(name, count, measure):
    walls, cpus = zip(*[measure() for _ in range(3)])
    print(f"{name:52} {statistics.median(walls) / count:12.4f} ms {statistics.median(cpus) / count:12.4f} ms", flush=True)

def ask(count):
    """Medians of `count` calls one after the other, asked as zpl does, confined (docs/python.md, "host"): until the answer,
    until its process is gone; and of a pause between them, as zpl puts down what came."""
    scratch = os.path.realpath("scratch/of.host")
    os.makedirs(scratch, exist_ok=True)
    host = Process("host", variables={"TMPDIR": scratch})
    first = {"v": VERSION, "project": os.getcwd(), "store": os.getcwd(), "modules": ["add.py"], "imports": [], "tables": False, "models": []}
    host.ask(first)
    control = socket.socket(fileno=os.dup(host.talk.fd))
    writes = (ctypes.c_uint64 * 1)(2)  # of the rights, that to write to files
    fence = ctypes.CDLL(None).syscall(444, writes, 8, 0)
    answers, ends = [], []
    for i in range(count):
        folder = os.path.realpath("scratch/%d/.tmp" % i)
        os.makedirs(folder)
        ours, its = socket.socketpair()
        args = {"a": {"type": "Int", "json": i}, "b": {"type": "Int", "json": 1}}
        outputs = [{"name": "c", "type": "Int", "path": folder + ".c"}]
        start = time.perf_counter()
        frame = json.dumps({"call": True, "models": []}).encode()
        socket.send_fds(control, [len(frame).to_bytes(4, "little") + frame], [its.fileno(), fence])
        talk = Talk(ours.fileno())
        talk.send({"v": VERSION, "file": "add.py", "function": "add", "project": os.getcwd(), "store": os.getcwd(), "scratch": folder,
                   "modules": ["add.py"], "packages": {}, "reads": [], "args": args, "outputs": outputs})
        its.close()
        assert talk.receive()["values"] == {"c": i + 1}
        answers.append(time.perf_counter() - start)
        assert host.talk.receive() == {"ended": 0}
        ends.append(time.perf_counter() - start)
        time.sleep(0.002)
    control.close()
    host.close()
    return statistics.median(answers) * 1000, statistics.median(ends) * 1000

def shell(count, command):
    return lambda: cost(["sh", "-c", f"for i in $(seq {count}); do {command}; done"])

sys.path.insert(0, ".")
print(f"{'':52} {'wall':>15} {'processor':>15}")
row("1,000 steps of two numbers, a step", 1000, lambda: ran("add.zpl"))
from add import add
shutil.rmtree("scratch", ignore_errors=True)
print("%-52s %12.4f ms, its process gone after %.4f ms" % ("one of their calls, from question to answer", *ask(1000)), flush=True)
row("the bare call", 1000, lambda: bare(1000, lambda i: add(i, 1)))
row("a process of Python", 50, shell(50, "python3 -c 'import add; add.add(1, 1)'"))
row("/bin/true", 1000, shell(1000, "/bin/true"))
row("50 steps of a frame of 1,000 rows, a step", 50, lambda: ran("frame.zpl"))
import pandas as pd
from frame import more
rows = pd.read_csv("rows.csv")
row("the bare call", 50, lambda: bare(50, lambda i: more(rows, i)))
row("a process of Python that imports pandas", 5, shell(5, "python3 -c 'import frame'"))

def zen(pipeline, count):
    return cost([sys.argv[1] + "/bin/python", "zen.py", pipeline, str(count)])

def zen_more(pipeline):
    few, many = zen(pipeline, 1), zen(pipeline, 21)
    return many[0] - few[0], many[1] - few[1]

zen("adds", 1)  # makes its store
row("ZenML: a run of one step", 1, lambda: zen("adds", 1))
row("ZenML: 20 more steps of two numbers, a step", 20, lambda: zen_more("adds"))
row("ZenML: 20 more steps of such a frame, a step", 20, lambda: zen_more("frames"))
P
PYTHONPATH=$ROOT/tests/python python3 measure.py "$zenml"
