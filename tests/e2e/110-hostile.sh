# Programs and files that mean harm or are broken beyond belief: each is refused within 15 s with a
# diagnosis at a place, nothing crashes or hangs, nothing outside is read or written, and the next
# good program is as good as before.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
ulimit -v 8000000
flights flights.csv 300
echo 'local flights = csv.read "flights.csv"' >good.zpl
expect 0 zpl run good.zpl

# refused TEXT PROGRAM: a check of the program ends with 3 in time, and says the text.
refused() {
    printf '%s\n' "$2" >hostile.zpl
    expect 3 timeout -s KILL 15 zpl check hostile.zpl
    contains err "$1"
    contains err "hostile.zpl"
    [ "$(wc -c <err)" -lt 100000 ] || fail "a diagnosis of $(wc -c <err) bytes"
}

# sql TEXT QUERY: the same for a query over flights.
sql() {
    refused "$1" "local flights = csv.read 'flights.csv' local r = sql [==[ $2 ]==]"
}

many() { # many N TEXT: the text, N times
    python3 -c 'import sys; sys.stdout.write(sys.argv[2] * int(sys.argv[1]))' "$1" "$2"
}

# evaluation without end or measure
refused "longer than its time limit" 'while true do end'
refused "longer than its time limit" 'local s = ("a"):rep(1000000) s:find(("a*"):rep(30) .. "b")'
refused "stack overflow" 'local function f (n) return 1 + f(n + 1) end f(1)'
refused "length limit" 'local s = ("x"):rep(1 << 40)'
refused "limit" 'local s = "x" while true do s = s .. s end'
refused "size limit" 'local t = {} for i = 1, 1e9 do t[i] = i end'
refused "E004" "local x = $(many 100000 '{')"
refused "E004" "local x = $(many 30000 'not ') 1"
refused "E004" "local x = 1$(many 60000 '+1')"
refused "nested deeper" 'local T = Int for i = 1, 1e5 do T = List(T) end'
refused "parts" 'local R = Record { a = Int } for i = 1, 40 do R = Record { a = R, b = R } end'
refused "E040" 'local s = step "s" { signature = ("("):rep(60000), lua = function () end }'
refused "E004" 'local t = csv.read "flights.csv" local d = drift { t, t } local c = d.drifted
    for i = 1, 1e5 do c = c and not c end'
printf '\033Lua\124\000\031\223\r\n\032\n' >hostile.zpl
expect 3 timeout -s KILL 15 zpl check hostile.zpl
contains err "hostile.zpl:1:1"

# memory that is held outside of Lua, and lack of it: a place, and no more than the limit
heavy() { # heavy TEXT PROGRAM: told at a place, within 256 MiB
    printf '%s\n' "$2" >hostile.zpl
    expect 3 timeout -s KILL 15 python3 -c 'import resource, subprocess, sys
code = subprocess.call(["zpl", "check", "hostile.zpl"])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
sys.exit(code if peak <= 256 else "peak of %d MiB" % peak)'
    grep -q "^hostile.zpl:[12]:[1-9][0-9]*: error\[E[0-9]*\]: .*$1" err || fail "no place for: $2"
}
rows='local r = csv.read "flights.csv"'
heavy "one string grew" 'local s = "x" while true do s = s .. s end'
heavy "more memory" 'local t = {} while true do t = { t } end'
heavy "one table grew" 'local t = {} for i = 1, 1e9 do t[i] = {} end'
heavy "one string grew" 'local t = {} for i = 1, 1000 do t[i] = ("x"):rep(10000) end local s = table.concat(t)'
heavy "more memory" "$rows for i = 1, 1e9 do split { r, seed = i } end"
heavy "more memory" "$rows for i = 1, 1e9 do local q = sql [[ SELECT delay FROM r ]] end"
heavy "longer than its time limit" "for i = 1, 1e9 do local q = sql('SELECT ' .. i .. ' AS n') end"
heavy "more memory" "$rows local function f(r) return f((split { r })) + 1 end f(r)"
heavy "more memory" "$rows each(kfold { r, k = 1000 }, function (f) return kfold { f.train, k = 1000 } end)"
heavy "more memory" "$rows local p = pipeline 'p0' { inputs = { r = Table {...} }, build = function (p) split { p.r } end }
for i = 1, 40 do local q = p p = pipeline('p' .. i) { inputs = { r = Table {...} }, build = function (a) q { a.r } q { a.r } end } end p { r }"
heavy "more memory" "local t = {} for i = 1, 1e6 do t[i] = i end each(t, function (x) return each(t, function (y) return y end) end)"
heavy "can't be joined" "$rows for i = 1, 1e9 do local s = r .. 'x' end"
heavy "unknown step" "for i = 1, 1e9 do csv.reed 'x' end"

# SQL that runs away while it is looked at, or is too large to look at
sql "longer than 4 s" "$(python3 -c 'n = ["flights"] + ["w%d" % i for i in range(20)]
print("WITH " + ", ".join("%s AS (SELECT * FROM %s x, %s y)" % (b, a, a) for a, b in zip(n, n[1:])), "SELECT count(*) AS n FROM w19")')"
sql "nested too deeply" "SELECT $(many 900 'CASE WHEN true THEN ') 1 $(many 900 ' END') AS a"
sql "nested too deeply" "SELECT $(many 20000 'NOT ') true AS a"
sql "nested too deeply" "SELECT 'x'$(many 20000 " || 'x'") AS a"
sql "at most 16384" "SELECT $(python3 -c 'print(", ".join("1 AS c%d" % i for i in range(17000)))')"
# … and that is nothing to look at, but would never end
for query in "SELECT range(1000000000000) AS n" "SELECT repeat('x', 10000000000) AS n FROM flights" \
    "SELECT count(*) AS n FROM range(1000000000000) a, range(1000000000000) b" \
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) AS n FROM t" \
    "SELECT regexp_matches(repeat('a', 100000) || 'b', '(a+)+\$') AS n"; do
    printf '%s\n' "local flights = csv.read 'flights.csv' local r = sql [==[ $query ]==]" >hostile.zpl
    expect 0 timeout -s KILL 15 zpl check hostile.zpl
done
printf '%s\n' "local r = sql [==[ WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)
    SELECT count(*) AS n FROM t ]==]" >hostile.zpl
expect 130 timeout --preserve-status -k 8 -s INT 2 zpl run hostile.zpl
printf '%s\n' "local r = sql { [==[ SELECT count(*) AS n FROM range(1000000000000) a, range(1000000000) b ]==],
    timeout = '1s' }" >hostile.zpl
expect 1 timeout -k 1 15 zpl run hostile.zpl
contains err "time limit"

# SQL that reaches out
sql "E052" "SELECT * FROM read_csv('/etc/passwd')"
sql "E052" "SELECT * FROM '/etc/passwd'"
sql "E052" "SELECT * FROM '../../etc/*'"
sql "E052" "SELECT * FROM \"flights.csv\""
sql "E052" "SELECT * FROM 'http://127.0.0.1:9/x.parquet'"
sql "E052" "SELECT * FROM (SELECT * FROM glob('/*'))"
sql "E052" "SELECT * FROM flights WHERE 1 IN (SELECT 1 FROM read_text('/etc/passwd'))"
sql "E052" "ATTACH 'new.db'"
sql "E052" "COPY (SELECT 1) TO 'new.csv'"
sql "E052" "PRAGMA database_list"
sql "E052" "INSTALL httpfs"
sql "E052" "SET enable_external_access = true"
sql "E052" "SELECT getenv('HOME') AS h"
sql "E052" "SELECT * FROM query('SELECT 1')"
sql "E052" "SELECT * FROM information_schema.tables"
sql "E052" "SELECT 1 AS a; DROP TABLE flights"
sql "E050" "SELECT 1 AS a) UNION ALL (SELECT 2"
[ ! -e new.db ] && [ ! -e new.csv ] || fail "a query has written a file"

# files that are none
mkfifo fifo.csv
ln -s fifo.csv pipe.csv
ln -s /dev/zero zero.csv
ln -s loop.csv loop.csv
ln -s nowhere.csv dangling.csv
mkdir folder.csv
for name in fifo.csv pipe.csv zero.csv /dev/zero /dev/stdin loop.csv dangling.csv folder.csv \
    'no*.csv' 'fl[a].csv' 'f*r.csv' 'http://127.0.0.1:9/x.csv' '../../../../nowhere.csv' 'flights.csv\0.csv'; do
    refused "E0" "csv.read \"$name\""
done
refused "too long" 'csv.read(("x"):rep(10000) .. ".csv")'

# files that are broken
python3 - <<'P'
import gzip
import json
def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
packed = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(100000)))
write("cut.csv.gz", packed[:len(packed) // 2])
write("packed.csv", packed)
write("utf8.csv", b"a,b\n1,\xff\xfe\n2,z\n")
write("utf16.csv", "a,b\n1,2\n".encode("utf-16"))
write("late.csv", b"a,b\n" + b"1,ok\n" * 30000 + b"1,\xff\n")
write("wide.csv", b",".join(b"c%d" % i for i in range(100000)) + b"\n" + b",".join([b"1"] * 100000) + b"\n")
write("many.csv", b",".join(b"c%d" % i for i in range(20000)) + b"\n" + b",".join([b"1"] * 20000) + b"\n")
write("long.csv", b"a,b\n1," + b"x" * 50000000 + b"\n")
write("open.csv", b'a,b\n1,"never closed\n' + b"2,y\n" * 300000)
write("nul.csv", b"a,b\n1,x\0y\n2,z\n")
write("packed.json", packed)
write("utf8.json", b'{"a": "\xff"}\n')
write("utf16.json", '{"a": 1}\n'.encode("utf-16"))
write("late.json", b'{"a": 1}\n' * 30000 + b'{"a": "\xff"}\n')
write("many.json", json.dumps({"c%d" % i: 1 for i in range(20000)}).encode())
write("rows.json", b"".join(b'{"c%d": 1}\n' % i for i in range(20000)))
write("long.json", b'{"a": "' + b"x" * 50000000 + b'"}\n')
write("open.json", b'{"a": "never closed\n' + b'{"a": 1}\n' * 300000)
write("array.json", b"[" + b'{"a": 1},\n' * 300000)
write("nul.json", b'{"a\\u0000b": 1}\n')
write("deep.json", b'{"a": ' + b"[" * 100000 + b"]" * 100000 + b"}\n")
write("number.json", b'{"a": 1e999999999}\n{"a": 1' + b"0" * 5000 + b"}\n")
write("head.parquet", b"PAR1" + bytes(range(256)) * 4 + b"PAR1")
write("size.parquet", b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1")
P
for name in cut.csv.gz packed.csv utf8.csv utf16.csv wide.csv long.csv open.csv; do
    refused "E060" "csv.read '$name'"
done
refused "at most 16384" "csv.read 'many.csv'"
for name in packed.json utf8.json utf16.json long.json open.json array.json nul.json flights.csv; do
    refused "E060" "json.read '$name'"
done
for name in many.json rows.json; do refused "at most 16384" "json.read '$name'"; done
refused "E060" "parquet.read 'head.parquet'"
refused "E060" "parquet.read 'size.parquet'"
for delimiter in '' '\n' '\0' '\"' 'long one'; do
    refused "delimiter" "csv.read { 'flights.csv', delimiter = \"$delimiter\" }"
done
echo "csv.read 'late.csv'" >hostile.zpl
expect 1 timeout -k 1 15 zpl run hostile.zpl
contains err "30002"
echo "json.read 'late.json'" >hostile.zpl
expect 1 timeout -k 1 15 zpl run hostile.zpl
contains err "is no JSON: line 30001"
printf '%s\n' "json.read 'deep.json'" "json.read 'number.json'" >hostile.zpl
expect 0 timeout -k 1 15 zpl run hostile.zpl
# a NUL is a character like another
printf '%s\n' 'local t = csv.read "nul.csv" local r = sql [[ SELECT sum(length(b))::BIGINT AS n FROM t ]]' \
    'local s = step "s" { signature = "(rows: Table {n: Int}) -> (report: Report {n: Int})",' \
    '  lua = function (t) return { n = t.rows.n[1] } end } s { r }' >hostile.zpl
expect 0 zpl run hostile.zpl --json
equal "$(json out "[s['outputs']['report']['value']['n'] for s in j['steps'] if s['name'] == 's'][0]")" 4

expect 0 zpl run good.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached"]'
[ -z "$(find . -name 'core*')" ] || fail "something has dumped core"
