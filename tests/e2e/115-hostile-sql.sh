# Queries that mean to exhaust the engine when it only looks at them, with good ones in between: each program ends
# in time and within the engine's memory, every query between is answered as ever, and what is refused is told at
# its place, with the limit that it met.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
need python3
printf 'a,b,name\n1,2,x\n2,3,y\n' >rows.csv
cat >measure.py <<'P'
import re, resource, shutil, subprocess, sys, time

LIMIT = 4.0       # ZPL_BIND_MS_MAX
MEMORY = 2 << 30  # ZPL_BIND_BYTES_MAX

def nested(n, opening, middle, closing):
    return "SELECT " + opening * n + middle + closing * n + " AS x FROM rows"

def doubling(n, what):
    names = ["rows"] + ["w%d" % i for i in range(n)]
    return "WITH " + ", ".join(f"{b} AS (SELECT {what} FROM {a} x, {a} y)" for a, b in zip(names, names[1:])) + \
        f" SELECT count(*) AS n FROM {names[-1]}"

quick = [
    "SELECT repeat('x', 10000000000) AS s FROM rows",
    "SELECT list_sum(range(1000000000000)) AS n FROM rows",
    "SELECT length(repeat(repeat('x', 100000), 100000)) AS s FROM rows",
    "SELECT count(*) AS n FROM range(1000000000000)",
    "SELECT unnest(range(1000000000)) AS n",
    "SELECT unnest(generate_series(1, 1000000000)) AS n",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) AS n FROM r",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT max(n) AS n FROM r",
    "SELECT count(*) AS n FROM range(100000) a, range(100000) b, range(100000) c",
    "SELECT a FROM rows WHERE a = (SELECT count(*) FROM range(1000000000) x, range(1000000000) y)",
    "SELECT regexp_matches(repeat('a', 40), '(a*)*b') AS m FROM rows",
    "SELECT regexp_matches(repeat('a', 30), '((a{1,1000}){1,1000}){1,1000}') AS m FROM rows",
    "SELECT regexp_extract_all(repeat('ab', 10000000), '(a|b)*') AS m FROM rows",
    "SELECT list_reduce(range(10000000), lambda x, y: x + y) AS n FROM rows",
    "SELECT list_sum(list_transform(range(100000), lambda x: list_sum(range(100000)))) AS n FROM rows",
    "SELECT printf('%1000000000d', 1) AS s FROM rows",
    "SELECT format('{:>1000000000}', 'x') AS s FROM rows",
    "SELECT lpad('x', 1000000000, 'y') AS s FROM rows",
    "SELECT bar(1, 0, 1, 1000000000) AS s FROM rows",
    "SELECT string_split(repeat('a,', 100000000), ',') AS s FROM rows",
    "SELECT array_to_string(range(100000000), ',') AS s FROM rows",
    "SELECT ('[' || repeat('[', 1000000) || ']')::JSON::VARCHAR AS j FROM rows",
    "SELECT json_extract(repeat('{\"a\":', 100000) || '1' || repeat('}', 100000), '$.a')::VARCHAR AS j FROM rows",
    "SELECT factorial(100000) AS n FROM rows",
    "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000)) AS n FROM rows",
    "SELECT replace(repeat('a', 100000), 'a', repeat('b', 100000)) AS n FROM rows",
    "SELECT a FROM rows ORDER BY (SELECT sum(x.range) FROM range(10000000000) x)",
    "SELECT a FROM rows ORDER BY a, b, name LIMIT (SELECT count(*) FROM range(1000000000000))",
    "SELECT CASE WHEN len(range(1000000000)) > 1 THEN 1 END AS n FROM rows",
    "FROM rows PIVOT (max(a) FOR name IN ('x', 'y')) WHERE b > (SELECT max(range) FROM range(100000000000))",
    nested(100000, "(", "1", ")"), nested(300, "(", "1", ")"), nested(50000, "NOT ", "true", ""),
    nested(2000, "[", "1", "]"), nested(3000, "abs(", "a", ")"), nested(500, "(SELECT ", "1", ")"),
    nested(1000, "CASE WHEN a = 1 THEN ", "1", " END"), nested(50000, "a + ", "1", ""),
    "SELECT a FROM rows WHERE a IN (" + ", ".join(map(str, range(20000))) + ")",
    "SELECT * FROM " + ", ".join("rows r%d" % i for i in range(60)),
    "SELECT 1 AS n FROM " + ", ".join("range(1000) r%d" % i for i in range(200)),
    "SELECT 1 AS n" + " UNION ALL SELECT 1" * 5000,
    doubling(20, "x.a"),
]
slow = [doubling(20, "*"), "VALUES (repeat('x', 1000000000)), (repeat('x', 1000000001))",
        "SELECT list_sort(range(100000000)) AS n FROM rows",
        "SELECT a FROM rows WHERE " + " OR ".join("a = %d" % i for i in range(20000))]
assert len(quick) + len(slow) >= 25

def check(queries):
    lines = ['local rows = csv.read "rows.csv"']
    for i, query in enumerate(queries):
        lines.append(f"local bomb = sql [==[ {query} ]==]")
        lines.append(f"local good = sql [[ SELECT a + {i} AS c, name FROM rows ]]  local bad = sql [[ SELECT d{i} FROM good ]]")
    open("hostile.zpl", "w").write("\n".join(lines) + "\n")
    shutil.rmtree(".zpl", ignore_errors=True)
    start = time.monotonic()
    done = subprocess.run(["zpl", "check", "hostile.zpl"], capture_output=True, text=True)
    spent = time.monotonic() - start
    assert done.returncode == 3, (done.returncode, done.stderr[:2000])
    told = [(int(m[1]), m[2], m[3]) for m in re.finditer(r"^hostile\.zpl:(\d+):\d+: error\[(E\d+)\]: (.*)$", done.stderr, re.M)]
    refused = 0
    for line, code, words in told:
        i, is_bomb = (line - 2) // 2, line % 2 == 0
        if not is_bomb:
            assert words == f"unknown column 'd{i}'", (line, code, words)
            continue
        refused += 1
        assert code in ("E004", "E018", "E051"), (queries[i][:100], code, words)
        assert code != "E004" or "longer than 4 s" in words or "memory" in words or "nested too deeply" in words, words
    assert sum(line % 2 for line, _, _ in told) == len(queries), f"{told}\n{done.stderr[-2000:]}"
    return spent, refused

spent, refused = check(quick)
print(f"{len(quick)} quick ones: {spent:.1f} s, {refused} refused")
assert 10 <= refused <= 20 and spent < 20
for i, query in enumerate(slow):
    spent, refused = check([query, quick[0], quick[3]])
    print(f"{query[:60]}: {spent:.1f} s, {refused} refused")
    assert refused == 1 or (i > 0 and refused == 0)  # the first is too much for any machine
    assert spent < 3 * LIMIT
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    assert peak < MEMORY + MEMORY // 4, f"a peak of {peak >> 20} MiB"
P
python3 measure.py || fail "see above"
