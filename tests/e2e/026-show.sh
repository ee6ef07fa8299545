# `zpl show` says of every kind of output what it holds.  Figures are what Python computes from the same rows;
# nothing in the data is obeyed by a terminal.                                            Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3 script

python3 - <<'P'
import random
random.seed(26)
with open("rows.csv", "w") as f:
    f.write("id,word,x,day,yes,bad,class\n")
    for i in range(700):
        x = "" if i % 7 == 0 else repr(random.gauss(0, 5))
        word = "" if i % 50 == 3 else "w%d" % min(9, int(random.paretovariate(1)))
        f.write(f'{i},{word},{x},2024-0{1 + i % 9}-{1 + i % 28:02d},{"true" if i % 3 else "false"},"\033[31mred\033]0;t\007{i % 2}",c{i % 4}\n')
P
cat >show.zpl <<'Z'
local rows = csv.read { "rows.csv" }
local lists = sql [[ SELECT [id, id + 1] AS pair, id % 3 AS k, CASE WHEN id % 5 = 0 THEN 'nan'::DOUBLE ELSE id END AS y FROM rows ]]
local none = sql [[ SELECT * FROM rows WHERE id < 0 ]]
local train = sql [[ SELECT id, length(word) AS n, yes AS late, class FROM rows ]]
local two, test = split { sql [[ SELECT id, n, late FROM train ]], ratio = 0.7, seed = 1 }
local four = sql [[ SELECT id, n, class FROM train ]]
local m2 = xgboost.train { two, label = "late", rounds = 6 }
local m4 = xgboost.train { four, label = "class", rounds = 5 }
local report = evaluate { m2, test }
step "values" { signature = "(rows: Table {id: Int}) -> (l: List(Int), r: Record {a: Int, b: String}, s: String, long: List(Int))",
  lua = function (t)
    local long = {}
    for i = 1, 9000 do long[i] = i end
    return { 3, 1, 2 }, { a = 1, b = "x\27[2J" }, "e\27[31mnd", long
  end } { rows }
step "files" { signature = "() -> (d: Dir, f: File, b: File)",
  command = { "sh", "-c", "mkdir -p $d/x; printf '\\033[31mhi\\n' >$d/x/a.txt; printf 'a,b\\n1,2\\n' >$d/t.csv; echo hello >$f; printf '\\211PNG\\r\\n\\032\\n' >$b" } } {}
Z
expect 0 zpl run show.zpl
contains out "l [3, 1, 2]"
lacks out "$(printf '\033')"

# a table: every figure is Python's
expect 0 zpl show last/csv.read/rows --json --rows 4
cp out rows.json
python3 - <<'P'
import csv, json
from collections import Counter
rows = list(csv.DictReader(open("rows.csv")))
p = json.load(open("rows.json"))["preview"]
cols = {c["name"]: c for c in p["columns"]}
assert p["rows"] == len(rows) == 700 and p["column_count"] == 7 and len(p["head"]) == 4
assert [r[0] for r in p["head"]] == [0, 1, 2, 3], p["head"]
assert p["head"][1][5] == rows[1]["bad"]
for name, parse in (("id", int), ("x", float)):
    have = [parse(r[name]) for r in rows if r[name] != ""]
    c = cols[name]
    assert c["nulls"] == len(rows) - len(have), c
    assert c["distinct"] == len(set(have)) and c["exact"], c
    assert c["min"] == min(have) and c["max"] == max(have), c
    assert abs(c["mean"] - sum(have) / len(have)) < 1e-9, c
days = [r["day"] for r in rows]
assert (cols["day"]["min"], cols["day"]["max"]) == (min(days), max(days)), cols["day"]
words = Counter(r["word"] for r in rows if r["word"] != "")
assert [(t["value"], t["count"]) for t in cols["word"]["top"]] == sorted(words.items(), key=lambda x: (-x[1], x[0]))[:5]
yes = Counter(r["yes"] == "true" for r in rows)
assert {t["value"]: t["count"] for t in cols["yes"]["top"]} == dict(yes), cols["yes"]
P
expect 0 zpl show last/sql@lists/rows --json
equal "$(json out "[j['preview']['columns'][0][k] for k in ('min','max','nulls')]")" "[2, 2, 0]"
equal "$(json out "[j['preview']['columns'][2][k] for k in ('min','max','nan')]")" "[1, 699, 140]"
expect 0 zpl show last/sql@none/rows
contains out "0 rows"
lacks out "of 0 rows"

# a terminal: no line wider than it, what is left out has a name, no escape of the data gets through
for width in 40 64 100; do
    script -qec "stty cols $width; TERM=xterm NO_COLOR=1 zpl show last/csv.read/rows" /dev/null >typescript
    python3 - "$width" <<'P'
import sys
text = open("typescript", encoding="utf-8").read().replace("\r", "")
body = text[text.index("column "):]
assert "\033" not in text and "\007" not in text, repr(text)
wide = [l for l in body.split("\n") if len(l) > int(sys.argv[1])]
assert not wide, wide
assert int(sys.argv[1]) > 64 or "left out here, it is too wide: " in body, body
P
done
expect 0 zpl show last/csv.read/rows
lacks out "$(printf '\033')"
contains out "the first 10 of 700 rows"

# a model: its trees and what its features are worth
expect 0 zpl show last/xgboost.train@m2/model --json
equal "$(json out "[j['preview'][k] for k in ('label','rounds','trees','framework')]")" '["late", 6, 6, "xgboost"]'
equal "$(json out "sorted(f['name'] for f in j['preview']['features'])")" '["id", "n"]'
[ "$(json out "[f['gain'] for f in j['preview']['features']] == sorted((f['gain'] for f in j['preview']['features']), reverse=True) and max(f['splits'] for f in j['preview']['features']) > 0")" = true ] ||
    fail "features are not by gain"
expect 0 zpl show last/xgboost.train@m4/model --json
equal "$(json out "[j['preview'][k] for k in ('rounds','trees','classes')]")" '[5, 20, ["c0", "c1", "c2", "c3"]]'
expect 0 zpl show last/xgboost.train@m4/model
contains out "20 trees of 5 rounds, predicts class: String, one of [c0, c1, c2, c3]"
contains out "rounds = 5"

# values, files, folders
expect 0 zpl show last/evaluate/report
contains out "auc"
expect 0 zpl show last/values/l
contains out "[3, 1, 2]"
expect 0 zpl show last/values/s
lacks out "$(printf '\033')"
expect 0 zpl show last/values/r
lacks out "$(printf '\033')"
expect 0 zpl show last/values/long
contains out "8,900 more]"
expect 0 zpl show last/values/long --json
equal "$(json out "sum(j['preview']['value'])")" 40504500
expect 0 zpl show last/files/d
contains out "2 files"
contains out "x/a.txt"
contains out "text/csv"
expect 0 zpl show last/files/f
contains out "      hello"
expect 0 zpl show last/files/b
contains out "image/png"
expect 0 zpl show last/files
contains out "to look inside: zpl show 1/files/"

# a text is shown as far as it was read, and no character is torn; what a file is its bytes say
mkdir kinds && cat >kinds/kinds.zpl <<'END'
local write = step "write" {
  outputs = { cut = File, page = File, sound = File, picture = File, other = File },
  command = { "python3", "-c", [[
import sys
bodies = ("x" + "é" * 5000, "<!doctype html><p>", "RIFF1234WAVEfmt\0", "RIFF1234WEBPVP8\0", "RIFF1234AVI \0")
for path, body in zip(sys.argv[1:], bodies):
    open(path, "w", encoding="utf-8").write(body)
]], "$cut", "$page", "$sound", "$picture", "$other" },
}
return write {}
END
cd kinds
expect 0 zpl run kinds.zpl
expect 0 zpl show last/write/cut --json
equal "$(json out "j['preview']['text'] == 'x' + 'é' * ((4096 - 1) // len('é'.encode()))")" true
kinds=
for name in page sound picture other; do
    expect 0 zpl show last/write/$name --json
    kinds="$kinds $(json out "j['preview']['media']")"
done
equal "$kinds" " text/html audio/wav image/webp application/octet-stream"

# what a column of a file is called is not obeyed either: as a label, and where it comes from
printf 'n,"la\033[31mbel"\n' >odd.csv
seq 40 | awk '{print $1 "," ($1 % 3 == 0 ? "true" : "false")}' >>odd.csv
printf 'local rows = csv.read "odd.csv"\nlocal model = xgboost.train { rows, label = "la\\27[31mbel", rounds = 1 }\n' >odd.zpl
expect 0 zpl run odd.zpl
expect 0 zpl show last/xgboost.train/model
contains out "predicts la"
lacks out "$(printf '\033')"
for format in text dot; do
    expect 0 zpl lineage odd.zpl "rows.la$(printf '\033')[31mbel" --format $format
    contains out "xgboost.train"
    lacks out "$(printf '\033')"
done
cd ..

# mistakes
expect 2 zpl show last/csv.read/rwos
contains err "did you mean 1/csv.read/rows?"
expect 2 zpl show last/cvs.read/rows
contains err "did you mean 1/csv.read/rows?"
expect 2 zpl show last/values/zzzz
contains err "\`zpl show 1/values\` lists them"
expect 2 zpl show last --rows 0
expect 2 zpl show last --rows 1001
contains err "zpl export"
expect 2 zpl show last --row 3
contains err "did you mean --rows?"

# bytes that are gone, and bytes that are torn
object=.zpl/objects/$(json rows.json "j['digest'][:2] + '/' + j['digest'][2:]")
cp "$object" kept && chmod u+w "$object" && head -c 300 kept >"$object"
expect 4 zpl show last/csv.read/rows
contains err "$object are not what was stored"
contains err "zpl doctor --repair"
expect 4 zpl export last/csv.read/rows rows.torn.csv
contains err "zpl doctor --repair"
[ ! -e rows.torn.csv ] || fail "torn bytes were exported"
rm -f "$object"
expect 0 zpl show last/csv.read/rows
contains out "not in the store any more"
expect 0 zpl show last/csv.read/rows --json
equal "$(json out "j['preview']['kind']")" gone

# a damaged row of the database
python3 -c 'import sqlite3; c = sqlite3.connect(".zpl/zpl.db"); c.execute("UPDATE steps SET attempts = 9 WHERE name = ?", ("csv.read",)); c.commit()'
expect 4 zpl show 1/csv.read
contains err "zpl doctor --repair"
expect 4 zpl show 1/csv.read/rows
