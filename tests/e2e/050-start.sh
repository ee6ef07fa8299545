# Start-up touches no engine: neither the command nor, once answers are remembered, the checker opens
# DuckDB or XGBoost, and no worker is started.
. "$ROOT/tests/lib.sh"
need strace
flights flights.csv 200
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
Z
zpl run p.zpl >/dev/null
for command in "version" "doc split" "check p.zpl" "plan p.zpl" "run p.zpl" "runs" "show"; do
    strace -f -qq -e trace=openat,open -o trace zpl $command >/dev/null
    lacks trace libduckdb
    lacks trace libxgboost
done
