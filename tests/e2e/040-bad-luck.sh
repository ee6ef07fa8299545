# Sources that are missing, unreadable or not what they seem; a store that can't be written; a step
# that fails: a clear error, nothing lost.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
flights flights.csv 300
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
Z

# not the format it says
printf 'this is no parquet file' >x.parquet
echo 'local t = parquet.read "x.parquet"' >notparquet.zpl
expect 3 zpl run notparquet.zpl
contains err "x.parquet"
mkdir folder.csv
echo 'local t = csv.read "folder.csv"' >folder.zpl
expect 3 zpl run folder.zpl
contains err "folder.csv"
: >empty.csv
echo 'local t = csv.read "empty.csv"' >empty.zpl
expect 3 zpl run empty.zpl
contains err "empty.csv"

# a file without read permission (root reads all the same, so then this is left out)
cp flights.csv secret.csv
chmod 000 secret.csv
if [ "$(id -u)" != 0 ]; then
    echo 'local t = csv.read "secret.csv"' >secret.zpl
    expect 3 zpl run secret.zpl
    contains err "secret.csv"
fi

# a value that does not fit its declared type: the step fails and says where
cat >typed.csv <<'C'
id,amount
1,2.5
2,3.5
3,lots
C
cat >typed.zpl <<'Z'
local Row = Table { id = Int, amount = Float }
local t = csv.read { "typed.csv", type = Row }
local other = csv.read "flights.csv"
Z
expect 1 zpl run typed.zpl
contains err "typed.zpl:2:"
contains err "amount"
contains err "lots"
expect 0 zpl show last
contains out "failed"
# the other step was done and is kept
expect 1 zpl run typed.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["failed", "cached"]'

# a declared column that is not there
sed -i 's/amount = Float/amuont = Float/' typed.zpl
expect 3 zpl run typed.zpl
contains err "amuont"

# a runtime error of SQL
cat >overflow.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT 9223372036854775807 + distance AS x FROM flights ]]
local n = sql [[ SELECT x FROM rows ]]
Z
expect 1 zpl run overflow.zpl
contains err "overflow.zpl:2:"

# the same again after a good run: what is stored stays
expect 0 zpl run p.zpl
expect 0 zpl run p.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["cached"]'

# an artifact that is gone is made again
find .zpl/objects -type f | while read -r f; do chmod u+w "$f"; rm -f "$f"; done
expect 0 zpl plan p.zpl
contains out "gone from the store"
expect 0 zpl run p.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["ran"]'

# a store of another version is refused
cp -r .zpl kept
sqlite3 .zpl/zpl.db 'PRAGMA user_version = 99'
expect 4 zpl run p.zpl
contains err "version"
rm -rf .zpl
mv kept .zpl

# a store that is no database
mkdir broken
cp p.zpl flights.csv broken/
mkdir broken/.zpl
head -c 8192 /dev/urandom >broken/.zpl/zpl.db
(cd broken && expect 4 zpl run p.zpl && contains err "zpl.db")

# a store folder that can't be written (root writes all the same: a file stands in its place)
mkdir readonly
cp p.zpl flights.csv readonly/
: >readonly/.zpl
cd readonly
expect 1 zpl run p.zpl
contains err ".zpl"
expect 0 zpl check p.zpl
