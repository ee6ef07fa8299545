# Start-up touches no engine: neither a command nor, once answers are remembered, the checker needs
# DuckDB or XGBoost: where they can't be found, all goes well.
. "$ROOT/tests/lib.sh"
flights flights.csv 200
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
Z
expect 0 zpl run p.zpl
mkdir nothing
export DUCKDB_DIR="$PWD/nothing" XGBOOST_DIR="$PWD/nothing" ONNXRUNTIME_DIR="$PWD/nothing"
for command in "version" "doc split" "check p.zpl" "plan p.zpl" "run p.zpl" "runs" "show"; do
    expect 0 zpl $command
done
# whoever needs an engine now misses it
sed -i s/15/16/ p.zpl
expect 3 zpl check p.zpl
contains err "$DUCKDB_DIR"
