# Evaluating and checking a program of many calls, beside ninja reading a graph of as many targets of which
# nothing is out of date: medians of processor time (user and system), each pair in one loop, as the ratio is
# what counts; and peak memory.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
need python3 ninja
cat >make.py <<'P'
import os, sys
n = int(sys.argv[1])
open("rows.csv", "w").write("a,b,c\n1,2,3\n")
keep = ('local rows = csv.read "rows.csv"\nlocal keep = step "keep" { signature = "(rows: Table {a: Int, b: Int, ...r}, '
        'k: Int = 1) -> (rows: Table {a: Int, b: Int, ...r})", lua = function (t) return t.rows end }\nlocal x = { rows }\n')
open("loop.zpl", "w").write(keep + f"for i = 2, {n} do x[i] = keep {{ x[i // 2], k = i }} end\n")
open("text.zpl", "w").write(keep + "".join(f"x[{i}] = keep {{ x[{i // 2}], k = {i} }}\n" for i in range(2, n + 1)))
open("sql.zpl", "w").write('local x = { csv.read "rows.csv" }\nfor i = 2, %d do local rows = x[i // 2]\n'
                           "  x[i] = sql [[ SELECT a + 1 AS a, b FROM rows ]] end\n" % n)
open("sqls.zpl", "w").write('local x = { csv.read "rows.csv" }\n' + "".join(
    f"do local rows = x[{i // 2}]; x[{i}] = sql [[ SELECT a + {i} AS a, b FROM rows ]] end\n" for i in range(2, min(n, 2000) + 1)))
os.makedirs("made", exist_ok=True)
with open("build.ninja", "w") as f:
    f.write("rule cp\n  command = cp $in $out\n")
    for i in range(1, n):
        f.write(f"build made/{i}: cp {'rows.csv' if i == 1 else f'made/{i // 2}'}\n")
P
cat >measure.py <<'P'
import os, resource, statistics, subprocess, sys

def once(command):
    pid = os.fork()
    if pid == 0:
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null, 1)
        os.execvp(command[0], command)
    _, status, used = os.wait4(pid, 0)
    assert status == 0, (command, status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss

def row(name, command, runs):
    ours, peer = [], []
    for _ in range(runs):
        ours.append(once(command))
        peer.append(once(["ninja"]))
    a, b = statistics.median(t for t, _ in ours), statistics.median(t for t, _ in peer)
    print(f"{name:44} {a * 1000:8.1f} ms {b * 1000:8.1f} ms {a / b:8.2f} x {max(m for _, m in ours) // 1024:6d} MiB")

n = int(sys.argv[1])
print(f"{f'zpl check of {n} calls':44} {'zpl':>11} {'ninja':>11} {'ratio':>10} {'peak':>10}")
row("calls in a loop", ["zpl", "check", "loop.zpl"], 15)
row("one query in a loop, answers remembered", ["zpl", "check", "sql.zpl"], 15)
row("a line of text each", ["zpl", "check", "text.zpl"], 15)
if n >= 2000:
    row("2000 other queries, answers remembered", ["zpl", "check", "sqls.zpl"], 15)
P
for n in 1000 10000; do
    rm -rf made .zpl .ninja_log .ninja_deps
    python3 make.py $n
    ninja >/dev/null
    for name in loop text sql sqls; do expect 0 zpl check $name.zpl; done
    python3 measure.py $n
done
