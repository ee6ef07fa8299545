# `zpl export`: what comes out is what is in the store, in the format that the name says; it is there whole or
# not at all, and nothing is lost on the way.                                            Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
cat >x.zpl <<'Z'
local odd = sql [[
  SELECT i AS id, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 5 = 0 THEN 'nan'::DOUBLE WHEN i % 7 = 1 THEN 'inf'::DOUBLE WHEN i % 7 = 2 THEN '-inf'::DOUBLE
              ELSE i / 7.0 END AS x,
         CASE i % 4 WHEN 0 THEN 'a,"b"' WHEN 1 THEN 'two' || chr(10) || 'lines' WHEN 2 THEN '' ELSE 'ä€' END AS t,
         DATE '2024-01-01' + i::INT AS d, i % 2 = 0 AS yes, [i, i + 1] AS l,
         [ [i + 0.5, 'nan'::DOUBLE, NULL], ['-inf'::DOUBLE] ] AS fl
  FROM range(2000) t(i) ]]
local made = step "made" { signature = "(rows: Table {id: Int}) -> (n: Int, s: String, r: Record {a: Int, b: List(String)})",
  lua = function (t) return #t.rows.id, "line\nend", { a = 1, b = { "x", "y" } } end } { odd }
step "files" { signature = "() -> (d: Dir, f: File)", command = { "sh", "-c", "mkdir -p $d/bin; printf 'echo ran\\n' >$d/bin/go; chmod +x $d/bin/go; echo plain >$d/t.txt; echo hello >$f" } } {}
local rows = sql [[ SELECT i % 24 AS hour, (i * 37) % 100 AS n, (i * 7) % 24 > 11 AS late FROM range(600) t(i) ]]
local train, test = split { rows, ratio = 0.8, seed = 1 }
local model = xgboost.train { train, label = "late", rounds = 3 }
evaluate { model, test }
Z
expect 0 zpl run x.zpl
expect 0 zpl show last/sql@odd/rows --json
cp out rows.json
for ending in csv json jsonl parquet; do
    expect 0 zpl export last/sql@odd/rows odd.$ending
    contains out "odd.$ending: "
done
python3 - <<'P'
import csv, json, hashlib, datetime
def row(i):
    x = None if i % 3 == 0 else "NaN" if i % 5 == 0 else ("Infinity" if i % 7 == 1 else "-Infinity" if i % 7 == 2 else i / 7.0)
    t = ['a,"b"', "two\nlines", "", "ä€"][i % 4]
    return {"id": i, "x": x, "t": t, "d": str(datetime.date(2024, 1, 1) + datetime.timedelta(i)), "yes": i % 2 == 0, "l": [i, i + 1],
            "fl": [[i + 0.5, "NaN", None], ["-Infinity"]]}
want = [row(i) for i in range(2000)]
assert json.load(open("odd.json")) == want
assert [json.loads(l) for l in open("odd.jsonl")] == want
with open("odd.csv", newline="") as f:
    got = list(csv.DictReader(f))
assert len(got) == len(want)
for g, w, i in zip(got, want, range(2000)):
    assert g["id"] == str(w["id"]) and g["t"] == w["t"] and g["d"] == w["d"] and g["yes"] == str(w["yes"]).lower(), (g, w)
    assert g["x"] == ("" if i % 3 == 0 else "nan" if i % 5 == 0 else g["x"]) and (w["x"] in (None, "NaN") or float(g["x"]) == float(w["x"])), (g, w)
assert hashlib.sha256(open("odd.parquet", "rb").read()).hexdigest() == json.load(open("rows.json"))["digest"]
P
[ -w odd.parquet ] || fail "what was exported can't be written to"
# what was exported reads back as the same rows
echo 'local back = parquet.read { "odd.parquet" }
local n = sql [[ SELECT count(*) AS n, sum(id) AS s FROM back ]]' >back.zpl
expect 0 zpl run back.zpl
expect 0 zpl show last/sql/rows --json
equal "$(json out "j['preview']['head']")" "[[2000, 1999000]]"

# NaN, the infinities and null are four things, in every format and when they are read again
for format in csv json; do
    cat >again.zpl <<Z
local back = $format.read "odd.$format"
local n = sql [[ SELECT sum(x IS NULL) AS none, sum(isnan(x)) AS nan, sum(x = 'inf'::DOUBLE) AS up, sum(x = '-inf'::DOUBLE) AS down FROM back ]]
Z
    expect 0 zpl run again.zpl
    expect 0 zpl show last/sql/rows --json
    equal "$(json out "j['preview']['head'][0]")" "$(python3 -c '
r = [i for i in range(2000) if i % 3]
s = [i for i in r if i % 5]
print([2000 - len(r), len(r) - len(s), sum(i % 7 == 1 for i in s), sum(i % 7 == 2 for i in s)])')"
done
expect 0 zpl show 1/sql@odd/rows --json
equal "$(json out "[r[1] for r in j['preview']['head']][:6]")" "[null, \"Infinity\", \"-Infinity\", null, $(python3 -c 'print(4 / 7)'), \"NaN\"]"
equal "$(json out "[j['preview']['columns'][1][k] for k in ('min', 'max', 'mean')]")" '["-Infinity", "Infinity", "NaN"]'
# as Python writes them
printf '{"a": NaN}\n{"a": -Infinity}\n{"a": 1}\n{"a": null}\n' >python.json
echo 'local p = json.read "python.json"' >python.zpl
expect 0 zpl run python.zpl
expect 0 zpl show last/json.read/rows --json
equal "$(json out "[j['preview']['columns'][0]['type'], j['preview']['head']]")" '["Float", [["NaN"], ["-Infinity"], [1], [null]]]'
expect 0 zpl show last/json.read/rows
contains out "NaN"
contains out "-Infinity"

# values, files, folders, models
expect 0 zpl export 1/made/n n.json
equal "$(cat n.json)" 2000
expect 0 zpl export 1/made/s s.txt
equal "$(cat s.txt)" "line
end"
expect 0 zpl export 1/made/s s.json
equal "$(json s.json j)" "line
end"
expect 0 zpl export 1/made/r r.json
equal "$(json r.json j)" '{"a": 1, "b": ["x", "y"]}'
expect 0 zpl export 1/evaluate/report report.json
[ "$(json report.json "0 <= j['auc'] <= 1")" = true ] || fail "no report"
expect 0 zpl export 1/files/f f.bin
equal "$(cat f.bin)" hello
expect 0 zpl export 1/files/d folder --json
equal "$(json out "[j['file'], j['bytes']]")" '["folder", null]'
equal "$(cat folder/t.txt)" plain
equal "$(./folder/bin/go)" ran "a file that can be executed"
expect 0 zpl export 1/xgboost.train model.ubj
expect 0 zpl show 1/xgboost.train --json
equal "$(sha256sum <model.ubj | cut -c1-64)" "$(json out "j['outputs']['model']['digest']")"

# what is there stays
echo mine >odd.csv
expect 2 zpl export 1/sql@odd/rows odd.csv
contains err "--force replaces it"
equal "$(cat odd.csv)" mine
expect 2 zpl export 1/files/d folder --force
contains err "the folder folder is there already"
ZPL_FAULT=rename:0 run zpl export 1/sql@odd/rows odd.csv --force
equal "$code" 1
equal "$(cat odd.csv)" mine "after a failed rename"
(ulimit -f 8 && exec zpl export 1/sql@odd/rows odd.csv --force) >out 2>err && fail "it wrote past the limit"
equal "$(cat odd.csv)" mine "after a disk that was full"
[ -z "$(find . -maxdepth 1 -name '.zpl-*')" ] || fail "a part is left: $(find . -maxdepth 1 -name '.zpl-*')"
expect 0 zpl export 1/sql@odd/rows odd.csv --force
equal "$(python3 -c 'import csv; print(sum(1 for _ in csv.reader(open("odd.csv", newline=""))))')" 2001

# mistakes
expect 2 zpl export 1/sql@odd/rows odd.cvs
contains err "did you mean .csv?"
expect 2 zpl export 1/sql@odd/rows odd
contains err ".parquet"
expect 2 zpl export 1/made/n n.txt
contains err ".json"
for ending in csv parquet json jsonl txt; do
    expect 2 zpl export 1/xgboost.train model.$ending
    contains err ".ubj"
    [ ! -e model.$ending ] || fail "a model was written as .$ending"
done
expect 2 zpl export 1/split t.csv
contains err "1/split/train"
expect 2 zpl export 1 t.csv
contains err "RUN/STEP/OUTPUT"
expect 2 zpl export 1/splt/train t.csv
contains err "did you mean 1/split/train?"
expect 1 zpl export 1/split/train none/t.csv
contains err "none"
expect 2 zpl export 1/split/train .
expect 2 zpl export 1/split/train
contains err "usage: zpl export"
expect 2 zpl export 1/split/train -
contains err "writes no standard output"
[ ! -e ./- ] || fail "a file of the name -"
