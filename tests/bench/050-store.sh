# What storing costs: the canonical Parquet of 10 million rows beside DuckDB's own COPY of the same query with one
# thread; publishing a file of 1 GiB beside `openssl dgst -sha256` of it; a small step beside one /bin/true.  Medians
# of 3, each pair in one loop, as the ratio is what counts.      Time limit: 900 s
. "$ROOT/tests/lib.sh"
need python3 openssl
cat >rows.csv <<'C'
n
1
C
QUERY="SELECT range AS i, range * 5e-1 AS x, range % 1000 AS g, 'n' || (range % 77) AS name FROM range(10000000)"
cat >rows.zpl <<P
local seed = csv.read "rows.csv"
sql { [[ $QUERY, seed ]], as = "big" }
P
cat >file.zpl <<'P'
step "copy" { inputs = { of = Path }, outputs = { made = File }, command = { "cp", "$of", "$made" } } { "big" }
P
cat >small.zpl <<'P'
local rows = csv.read "rows.csv"
local add = step "add" { inputs = { a = Int }, outputs = { b = Int }, lua = function (t) return t.a + 1 end }
for i = 1, 200 do
  add { i, as = "lua" .. i }
  sql { [[ SELECT n + $i AS n FROM rows ]], as = "sql" .. i }
end
P
cat >measure.py <<'P'
import json, os, resource, shutil, statistics, subprocess, sys, time

def ran(program):
    shutil.rmtree(".zpl", ignore_errors=True)
    subprocess.run(["zpl", "check", program], check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run(["zpl", "run", "--json", program], check=True, stdout=subprocess.PIPE).stdout
    return {step["name"]: step["duration_ms"] for step in json.loads(text)["steps"]}

def wall(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000

def row(name, ours, theirs, budget):
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{name:52} {a:10.1f} ms {b:10.1f} ms {a / b:8.2f} x   (budget {budget})", flush=True)

print(f"{'':52} {'zpl':>13} {'peer':>13} {'ratio':>10}")
ours, theirs = [], []
for _ in range(3):
    ours.append(ran("rows.zpl")["big"])
    theirs.append(int(subprocess.run(["peer_copy", sys.argv[1], os.path.abspath("peer.parquet")], check=True,
                                     stdout=subprocess.PIPE).stdout))
row("10 million rows as Parquet: COPY with one thread", ours, theirs, "1.2")

with open("big", "wb") as f:
    for _ in range(1024):
        f.write(os.urandom(1 << 20))
ours, theirs = [], []
for _ in range(3):
    if os.path.exists("copy"):
        os.unlink("copy")
    copied = wall(["cp", "big", "copy"])
    ours.append(ran("file.zpl")["copy"] - copied)
    theirs.append(wall(["openssl", "dgst", "-sha256", "big"]))
row("1 GiB published, without writing it: openssl dgst", ours, theirs, "1.11")

def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

ours, theirs = [], []
for _ in range(3):
    shutil.rmtree(".zpl", ignore_errors=True)
    subprocess.run(["zpl", "check", "small.zpl"], check=True, stdout=subprocess.DEVNULL)
    ours.append(cpu(["zpl", "run", "small.zpl"]) / 400)
    theirs.append(cpu(["sh", "-c", "for i in $(seq 400); do /bin/true; done"]) / 400)
row("a small step, processor time (half SQL, half Lua): true", ours, theirs, "none")
P
PATH=$BUILD/bench:$PATH python3 measure.py "$QUERY"
