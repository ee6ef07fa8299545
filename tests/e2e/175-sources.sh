# Files as tables: patterns and lists as one table, what of them is in the key, what is told of a wrong
# one, and random tables against Python's writers.
. "$ROOT/tests/lib.sh"
need python3
mkdir data
for day in 01 02 03; do printf 'a,b\n%d,2.5\n' "${day#0}" >data/2024-$day.csv; done
cat >days.zpl <<'Z'
local p = params { data = Path "data/2024-*.csv" }
local days = csv.read(p.data)
local sum = sql [[ SELECT sum(a) AS a, count(*) AS n FROM days ]]
Z
ran() { # ran: the steps that ran, and which rows the source gave
    json out "' '.join(s['name'] for s in j['steps'] if s['status'] == 'ran')"
}
expect 0 zpl run days.zpl --json
equal "$(ran)" "csv.read sql"
equal "$(json out "[s['outputs']['rows']['rows'] for s in j['steps']]")" "[3, 1]"

# a name is no part of the key as long as the order stays; a touch is none either
mv data/2024-02.csv data/2024-02b.csv
touch data/2024-01.csv
expect 0 zpl run days.zpl --json
equal "$(ran)" ""

# one that comes, changes, goes is named
printf 'a,b\n7,2.5\n' >data/2024-025.csv
expect 0 zpl why days.zpl csv.read
contains out "file data/2024-025.csv is new"
lacks out "other content"
expect 0 zpl plan days.zpl
contains out "file data/2024-025.csv is new"
expect 0 zpl run days.zpl --json
equal "$(ran)" "csv.read sql"
printf 'a,b\n8,2.5\n' >data/2024-025.csv
expect 0 zpl why days.zpl csv.read
contains out "other content in data/2024-025.csv"
rm data/2024-025.csv
expect 0 zpl run days.zpl --json
equal "$(ran)" "" # as it was at first
mv data/2024-01.csv kept
expect 0 zpl why days.zpl csv.read
contains out "file data/2024-01.csv is gone"
mv kept data/2024-01.csv
# b and c in the other order
mv data/2024-02b.csv data/2024-04.csv
expect 0 zpl run days.zpl --json
equal "$(ran)" "csv.read sql"

# a pattern from the command line is relative to where it is typed, also out of the project
mkdir -p else/where
printf 'a,b\n1,1.5\n' >else/where/x.csv
printf 'a,b\n2,1.5\n' >else/where/y.csv
mkdir project
cp days.zpl project/
cd else
expect 0 zpl run ../project/days.zpl --data 'where/*.csv' --json
equal "$(json out "j['steps'][0]['outputs']['rows']['rows']")" 2
expect 3 zpl check ../project/days.zpl --data 'where/*.parquet'
contains err "no file matches"
expect 2 zpl run ../project/days.zpl --data where/*.csv
contains err "stands in quotes"
cd ..
echo 'local a = csv.read "../else/where/*.csv"' >project/out.zpl
expect 3 zpl check project/out.zpl
contains err "is outside of the project"

# a file that is called like a pattern is that file
printf 'odd\n1\n' >'data/2024-*.csv'
expect 3 zpl check days.zpl
contains err "unknown column 'a'"
rm 'data/2024-*.csv'

# lists, in the order given; what `files` gives; the same files are the same key
cat >lists.zpl <<'Z'
local back = csv.read { { "data/2024-04.csv", "data/2024-01.csv" }, as = "back" }
local all = csv.read { files "data/2024-*.csv", as = "all" }
local same = csv.read { "data/2024-*.csv", as = "same" }
local first = sql [[ SELECT a FROM back LIMIT 1 ]]
Z
expect 0 zpl run lists.zpl --json
equal "$(json out "[s['outputs']['rows']['rows'] for s in j['steps']][:3]")" "[2, 3, 3]"
equal "$(json out "len(set(s['outputs']['rows']['digest'] for s in j['steps'] if s['name'] in ('all', 'same')))")" 1

# files that differ are told when the program is checked, wrong values with their file when it runs
printf 'b,c\n1,2\n' >data/2024-05.csv
expect 3 zpl check days.zpl
contains err "'data/2024-05.csv' has no column 'a', which 'data/2024-01.csv' has"
contains err "it also has a column 'c', which 'data/2024-01.csv' has not"
contains err "type = Table { … }"
{
    echo a,b
    seq -f '%g,1.5' 25000
    echo 'n/a,1.5'
} >data/2024-05.csv
expect 1 zpl run days.zpl
contains err "row 25001 of data/2024-05.csv: column 'a' holds 'n/a', which is no Int"
contains err "its type was guessed from the first 20,480 rows"
cat >held.zpl <<'Z'
local days = csv.read { "data/2024-*.csv", type = Table { a = Int { max = 2 }, b = Float } }
Z
rm data/2024-05.csv
expect 1 zpl run held.zpl
contains err "column 'a' is to be at most 2: 1 of 3 rows is not: row 1 of data/2024-03.csv has 3"

# many files are one table in the order of their names, and asked about once
mkdir many
for i in $(seq 40); do printf 'a,b\n%d,x\n' "$i" >"many/$(printf %04d "$i").csv"; done
cat >many.zpl <<'Z'
local days = csv.read { "many/*.csv", header = true }
local steps = sql [[ SELECT n FROM (SELECT a - row_number() OVER () AS n FROM days) WHERE n <> 0 ]]
Z
expect 0 zpl run many.zpl --json
equal "$(json out "[s['outputs']['rows']['rows'] for s in j['steps']]")" "[40, 0]"

# a line of JSON that is none, far behind what was looked at
{
    seq -f '{"a": %g}' 30000
    echo '{"a": 1'
} >far.json
echo 'local far = json.read "far.json"' >far.zpl
expect 1 zpl run far.zpl
contains err "far.json is no JSON: line 30001"
{
    seq -f '{"a": %g}' 30000
    echo '{"a": 1, "a": 2}'
} >far.json
expect 1 zpl run far.zpl
contains err "far.json has the key 'a' twice in line 30001"
{
    seq -f '{"a": %g}' 30000
    echo '7'
} >far.json
expect 1 zpl run far.zpl
contains err "far.json is no JSON of rows: line 30001 holds no object"

# and the file is told that it stands in, of several
mkdir far
echo '{"a": 1}' >far/1.json
{
    seq -f '{"a": %g}' 30000
    echo '{"a": 1, "a": 2}'
} >far/2.json
echo 'local far = json.read "far/*.json"' >far.zpl
expect 1 zpl run far.zpl
contains err "far/2.json has the key 'a' twice in line 30001"

# what a guess was not made of is no value of it in later rows: told with row, column and what to declare
late() { # late FIRST LAST FORMAT: 25,000 values FIRST and then LAST in column v
    if [ "$3" = csv ]; then
        echo id,v
        seq -f "%g,$1" 25000
        echo "25001,$2"
    else
        seq -f "{\"id\": %g, \"v\": $1}" 25000
        echo "{\"id\": 25001, \"v\": $2}"
    fi >late."$3"
    echo "local late = $3.read 'late.$3'" >late.zpl
}
for format in csv json; do
    late 1 1.5 $format
    expect 1 zpl run late.zpl
    contains err "row 25001 of late.$format: column 'v' holds '1.5', which is no Int"
    contains err "type = Table { v = Float, ... }"
    late 1 9223372036854775808 $format
    expect 1 zpl run late.zpl
    contains err "column 'v' holds '9223372036854775808', which does not fit an Int, which has 64 bits"
    contains err "type = Table { v = String, ... }"
    late 1.5 9007199254740993 $format
    expect 1 zpl run late.zpl
    contains err "row 25001 of late.$format: column 'v' holds '9007199254740993', which is no Float"
    late 1.5 9007199254740992 $format
    expect 0 zpl run late.zpl
    late true 1 $format
    expect 1 zpl run late.zpl
    contains err "row 25001 of late.$format: column 'v' holds '1', which is no Bool"
done
late 1 007 csv
expect 1 zpl run late.zpl
contains err "column 'v' holds '007', which begins with a zero"
late 2024-01-01 '2024-01-01 10:00:00' csv
expect 1 zpl run late.zpl
contains err "type = Table { v = Timestamp, ... }"
late 1.5 1,5 csv
sed -i 's/,1,5$/,"1,5"/' late.csv
expect 1 zpl run late.zpl
contains err "CAST(replace(\"v\", ',', '.') AS DOUBLE)"
# what is declared takes what the type can hold
echo 'local late = csv.read { "late.csv", type = Table { id = Float, v = String } }' >late.zpl
expect 0 zpl run late.zpl
printf 'id,ok\n007,yes\n' >declared.csv
echo 'local d = csv.read { "declared.csv", type = Table { id = Int, ok = Bool } }
local bad = sql [[ SELECT 1 AS n FROM d WHERE NOT (id = 7 AND ok) ]]' >declared.zpl
expect 0 zpl run declared.zpl --json
equal "$(json out "j['steps'][1]['outputs']['rows']['rows']")" 0

# an offset counts, however short the text is
printf 't\n2024-1-2 1:1:1+02\n2024-01-02 01:01:01+02\n2024-1-1 20:1:1-03\n' >offset.csv
echo 'local d = csv.read { "offset.csv", type = Table { t = Timestamp } }
local bad = sql [[ SELECT 1 AS n FROM d WHERE t <> TIMESTAMP $$2024-01-01 23:01:01$$ ]]' >offset.zpl
expect 0 zpl run offset.zpl --json
equal "$(json out "j['steps'][1]['outputs']['rows']['rows']")" 0

# a line that is none, far behind what was looked at: with its file, and of several with the one it stands in
mkdir torn
printf 'id,v\n1,x\n' >torn/1.csv
echo 'local torn = csv.read "torn/*.csv"' >torn.zpl
torn() { # torn LINE WORDS: what is said of this line behind 25,000 others
    {
        echo id,v
        seq -f '%g,x' 25000
        printf "$1\\n"
    } >torn/2.csv
    expect 1 zpl run torn.zpl
    contains err "E060"
    contains err "torn/2.csv $2"
}
torn '1,2,3' "can't be read to its end: CSV Error on Line: 25002"
torn '1' "can't be read to its end: CSV Error on Line: 25002"
torn '1,"x' "can't be read to its end: CSV Error on Line: 25002"
torn '1,K\366ln' "can't be read to its end: CSV Error on Line: 25002"
torn '1,x\r' "has lines that end in CR LF and lines that end in LF: line 25002 is the first"

# no two ids become one
python3 - >ids.csv <<'P'
print("id")
for i in range(1000):
    print(12345678901234567000 + i)
P
echo 'local ids = csv.read "ids.csv"
local n = sql [[ SELECT DISTINCT id FROM ids ]]' >ids.zpl
expect 0 zpl run ids.zpl --json
equal "$(json out "j['steps'][1]['outputs']['rows']['rows']")" 1000
echo 'local ids = csv.read { "ids.csv", type = Table { id = Int } }' >ids.zpl
expect 3 zpl check ids.zpl
contains err "row 1 has '12345678901234567000', which does not fit an Int, which has 64 bits (String keeps it)"

# a key that only later objects have is not lost
{
    seq -f '{"a": %g}' 25000
    echo '{"a": 1, "more": {"x": 2}}'
} >keys.json
echo 'local keys = json.read "keys.json"' >keys.zpl
expect 1 zpl run keys.zpl
contains err "row 25001 of keys.json has a key 'more', which none of the rows that were looked at has"
echo 'local keys = json.read { "keys.json", type = Table { more = Json, ... } }
local n = sql [[ SELECT more FROM keys WHERE more IS NOT NULL ]]' >keys.zpl
expect 0 zpl run keys.zpl --json
equal "$(json out "j['steps'][1]['outputs']['rows']['rows']")" 1
echo 'local keys = json.read { "keys.json", type = Table { a = Int } }' >keys.zpl
expect 0 zpl run keys.zpl
echo 'local keys = json.read { "keys.json", type = Table { mor = Json, ... } }' >keys.zpl
expect 3 zpl check keys.zpl
contains err "has no column 'mor', which its type declares"

# random tables and random changes: as an oracle says
mkdir random && cd random
PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/e2e/sources_property.py" --library "$DUCKDB_LIBRARY/libduckdb.so" \
    --seed "${SOURCES_SEED:-1}" --tables "${SOURCES_TABLES:-30}" --changes "${SOURCES_CHANGES:-12}"
