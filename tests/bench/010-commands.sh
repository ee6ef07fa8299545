# Whole commands on the demo, medians of wall time: start, check and no-op run, each beside one start
# of /bin/true in the same loop, as the ratio is what counts.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
demo
cat >measure.py <<'P'
import subprocess, sys, time, shutil, os, statistics

def once(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start

def row(name, command, runs, before=lambda: None):
    ours, true = [], []
    for _ in range(runs):
        before()
        ours.append(once(command))
        true.append(once(["/bin/true"]))
    a, b = statistics.median(ours), statistics.median(true)
    print(f"{name:34} {a * 1000:10.1f} ms {a / b:10.1f} x")

def forget():
    shutil.rmtree(".zpl", ignore_errors=True)

print(f"{'command':34} {'median':>13} {'/bin/true':>12}")
row("zpl version", ["zpl", "version"], 21)
row("zpl check, nothing remembered", ["zpl", "check", "delays.zpl"], 7, forget)
row("zpl check, answers remembered", ["zpl", "check", "delays.zpl"], 21)
row("zpl run, 3 million rows, cold", ["zpl", "run", "delays.zpl"], 3, forget)
row("zpl plan, all cached", ["zpl", "plan", "delays.zpl"], 21)
row("zpl run, all cached", ["zpl", "run", "delays.zpl"], 21)
P
python3 measure.py
