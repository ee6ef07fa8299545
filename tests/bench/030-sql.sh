# Queries and wide tables: a program of 200 other queries, and 5,000 columns through query, split, training and
# evaluation, each with nothing remembered and again; medians of wall time beside the budget.  The machine decides
# how a median compares with its budget: being over it fails nothing.      Time limit: 600 s
. "$ROOT/tests/lib.sh"
need python3
cat >make.py <<'P'
import os, random
random.seed(7)
os.makedirs("queries"), os.makedirs("wide")
with open("queries/rows.csv", "w") as f:
    f.write("a,b,c,day,name\n" + "".join(f"{i},{i % 7},{i / 2},2024-01-{i % 28 + 1:02},n{i % 5}\n" for i in range(1000)))
forms = ["SELECT *, a + {i} AS x{i} FROM rows",
         "SELECT name, b, count(*) AS n, avg(c) AS m FROM rows WHERE a > {i} GROUP BY name, b",
         "SELECT r.a, r.name, o.c AS other, rank() OVER (PARTITION BY r.name ORDER BY r.a) AS n FROM rows r LEFT JOIN rows o ON o.a = r.b + {i}",
         "WITH t AS (SELECT name, max(a) AS top FROM rows GROUP BY name) SELECT rows.*, top - a + {i} AS gap FROM rows JOIN t USING (name)"]
with open("queries/bench.zpl", "w") as f:
    f.write('local rows = csv.read "rows.csv"\n')
    for i in range(200):
        f.write(f'sql {{ [[ {forms[i % 4].format(i=i)} ]], as = "q{i}" }}\n')
columns = [f"c{i}" for i in range(5000)]
with open("wide/rows.csv", "w") as f:
    f.write(",".join(columns) + ",late\n")
    for _ in range(200):
        row = [random.randrange(100) for _ in columns]
        f.write(",".join(map(str, row)) + (",true\n" if row[0] > 50 else ",false\n"))
with open("wide/bench.zpl", "w") as f:
    f.write('local whole = csv.read "rows.csv"\n'
            "local rows = sql [[ SELECT * REPLACE (c1 + 1 AS c1) FROM whole WHERE c2 >= 0 ]]\n"
            "local train, test = split { rows, ratio = 0.8 }\n"
            'local model = xgboost.train { train, label = "late", rounds = 5, max_depth = 3 }\n'
            "local report = evaluate { model, test }\n")
P
python3 make.py
cat >measure.py <<'P'
import os, shutil, statistics, subprocess, time

def once(words, folder):
    start = time.perf_counter()
    subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start

def row(name, folder, command, budget, runs, before=None):
    spent = []
    for _ in range(runs):
        if before:
            before(folder)
        spent.append(once(["zpl", command, "bench.zpl"], folder))
    median = statistics.median(spent)
    print(f"{name:52} {median * 1000:10.1f} ms {budget * 1000:8.0f} ms {median / budget:8.2f} x")

def forget(folder):
    shutil.rmtree(os.path.join(folder, ".zpl"), ignore_errors=True)

print(f"{'command':52} {'median':>13} {'budget':>11} {'ratio':>10}")
row("check of 200 queries, nothing remembered", "queries", "check", 1.5, 5, forget)
row("check of 200 queries, answers remembered", "queries", "check", 0.02, 21)
row("check of 5,000 columns, nothing remembered", "wide", "check", 3, 5, forget)
row("check of 5,000 columns, answers remembered", "wide", "check", 0.3, 15)
row("run of 5,000 columns, cold", "wide", "run", 15, 3, forget)
row("run of 5,000 columns, all cached", "wide", "run", 0.5, 11)
P
python3 measure.py
