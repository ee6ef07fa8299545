# Runs of pipelines of many small steps beside ninja and make building as many small targets (cp): a first run, a run
# that finds everything but has to evaluate the program (which has a comment more, or a line before all its steps), one
# that is recalled, and one after the last step was edited (its command, of ninja; make does not look at commands); a chain and
# a fan.  Medians of wall time and of processor time (with children), peak memory of the driver, ratios to ninja.
#     BENCH_STEPS="10 100 1000"   those sizes; 100000 takes half an hour and 1 GiB of files     Time limit: 3600 s
# Make is left out (0) from 100,000 on: it takes seven minutes to look at such a chain.
. "$ROOT/tests/lib.sh"
need python3 ninja make
cat >make.py <<'P'
import os, sys
n = int(sys.argv[1])
add = '''local add = step "add" { inputs = { a = Int }, outputs = { b = Int }, lua = function (t) return t.a + 1 end }
'''
last = add.replace("add", "last").replace("t.a + 1 ", "t.a + 2 + 0 ")
open("chain.zpl", "w").write(add + last + f"local x = 1\nfor i = 1, {n - 1} do x = add {{ x }} end\nlast {{ x }}\n")
open("fan.zpl", "w").write(add + last + f"for i = 1, {n - 1} do add {{ i }} end\nlast {{ {n} }}\n")
open("source", "w").write("1\n")
for shape in "chain", "fan":
    before = lambda i: f"{shape}.made/{i - 1}" if shape == "chain" and i > 1 else "source"
    os.makedirs(f"{shape}.made", exist_ok=True)
    with open(f"{shape}.ninja", "w") as f:
        f.write("rule cp\n  command = cp $in $out\nrule last\n  command = cp $in $out; : + 0 \n"
                + "".join(f"build {shape}.made/{i}: {'cp' if i < n else 'last'} {before(i)}\n" for i in range(1, n + 1)))
    with open(f"{shape}.mk", "w") as f:
        f.write(f"all: {shape}.made/{n}" + ("".join(f" {shape}.made/{i}" for i in range(1, n)) if shape == "fan" else "") + "\n"
                + "".join(f"{shape}.made/{i}: {before(i)}\n\tcp $< $@\n" for i in range(1, n + 1)))
P
cat >measure.py <<'P'
import os, re, resource, shutil, statistics, sys, time

def once(command):
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        if command[0] != "zpl":  # they go down a chain by recursion
            resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.execvp(command[0], command)
    _, status, used = os.wait4(pid, 0)
    assert status == 0, (command, status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, used.ru_maxrss)

def several(command, runs, prepare=lambda: None):
    if command is None:
        return [0, 0, 0]
    all_ = []
    for _ in range(runs):
        prepare()
        all_.append(once(command))
    return [statistics.median(v[k] for v in all_) for k in range(3)]

def row(name, zpl, ninja, make):
    print(f"{name:36} {zpl[0] * 1000:9.1f} {zpl[1] * 1000:9.1f} {zpl[2] // 1024:5d}   {ninja[0] * 1000:9.1f} {ninja[1] * 1000:9.1f}   "
          f"{make[0] * 1000:9.1f}   {zpl[0] / ninja[0]:5.2f} {zpl[1] / max(ninja[1], 1e-3):5.2f}", flush=True)

def forget(folder):
    def do():
        shutil.rmtree(".zpl", ignore_errors=True)
        for name in ".ninja_log", ".ninja_deps":
            if os.path.exists(name):
                os.unlink(name)
        shutil.rmtree(folder)
        os.makedirs(folder)
    return do

def touch_text(path):
    def do():
        open(path, "a").write("-- a word\n")
    return do

def edit_text(path):
    def do():
        text = open(path).read()
        open(path, "w").write(re.sub(r"(2|:) \+ (\d+) ", lambda m: f"{m[1]} + {int(m[2]) + 1} ", text))
    return do

def push_down(path):
    def do():
        text = open(path).read()
        open(path, "w").write("-- a line\n" + text)
    return do

n = int(sys.argv[1])
print(f"{f'{n} steps: ms':36} {'zpl wall':>9} {'cpu':>9} {'MiB':>5}   {'ninja':>9} {'cpu':>9}   {'make':>9}   {'wall x':>5} {'cpu x':>5}")
for shape in "chain", "fan":
    zpl, ninja = ["zpl", "run", f"{shape}.zpl"], ["ninja", "-f", f"{shape}.ninja"]
    make = ["make", "-s", f"-j{os.cpu_count()}", "-f", f"{shape}.mk"] if n < 100000 else None
    first = 3 if n <= 100 else 1
    other = [several(c, first, forget(f"{shape}.made")) for c in (make, ninja, zpl)]
    row(f"{shape}: first run", other[2], other[1], other[0])
    several(ninja, 1)
    again = [several(c, 7) for c in (ninja, make)]
    row(f"{shape}: all done, evaluated", several(zpl, 7, touch_text(f"{shape}.zpl")), *again)
    row(f"{shape}: all done, on other lines", several(zpl, 7, push_down(f"{shape}.zpl")), *again)
    once(zpl)
    row(f"{shape}: all done, recalled", several(zpl, 7), *again)
    row(f"{shape}: one step edited", several(zpl, 7, edit_text(f"{shape}.zpl")),
        several(ninja, 7, edit_text(f"{shape}.ninja")), several(make, 1))
P
for n in ${BENCH_STEPS:-10 100 1000 10000}; do
    rm -rf *.made .zpl .ninja_log
    python3 make.py "$n"
    python3 measure.py "$n"
done
