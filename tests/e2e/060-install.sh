# An installed zpl runs from any folder, with the libraries below its prefix, and goes without a trace.
. "$ROOT/tests/lib.sh"
prefix="$TMP/pre fix"
cd "$ROOT"
make install PREFIX="$prefix" BUILD="$BUILD" SETUP=no >"$TMP/said" 2>&1 || fail "$(cat "$TMP/said")"
cd "$TMP"
test -x "$prefix/bin/zpl" || fail "there is no $prefix/bin/zpl"

# What is beside the binary is all it has: its build folder would be found first.
cmp -s "$prefix/bin/zpl" "$ZPL" || fail "another binary was installed than was built"
mkdir work
cd work
flights flights.csv 2000
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late", rounds = 3 }, test }
Z
env -u DUCKDB_DIR -u XGBOOST_DIR "$prefix/bin/zpl" run p.zpl >out 2>err || fail "$(cat err)"
contains out "5 ran"

mv "$prefix/lib/zpl/xgboost" away
sed -i 's/rounds = 3/rounds = 4/' p.zpl
code=0
env -u DUCKDB_DIR -u XGBOOST_DIR "$prefix/bin/zpl" run p.zpl >out 2>err || code=$?
equal "$code" 1 "the exit code without the library"
contains err xgboost
mv away "$prefix/lib/zpl/xgboost"

cd "$ROOT"
make uninstall PREFIX="$prefix" BUILD="$BUILD" SETUP=no >"$TMP/said" 2>&1 || fail "$(cat "$TMP/said")"
equal "$(find "$prefix" -type f -o -type l)" "" "what is left below the prefix"
