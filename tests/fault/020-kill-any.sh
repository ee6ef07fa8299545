# Any one process of a run is killed, at any time: nothing of the run outlives it, nothing half-written
# is kept, and the next run ends as if nothing had happened.  ZPL_KILLS=n kills more often, and
# ZPL_KILL_SEED=n others.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
need python3
flights flights.csv 20000
cat >daemon.py <<'P'
# Leaves processes behind that do what they can not to be found, and works on for a while.
import os, signal, sys, time
for i in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.closerange(0, 64)
        time.sleep(1000)
        os._exit(0)
time.sleep(0.3)
with open(sys.argv[1], "w") as out:
    out.write("1")
    out.flush()
    time.sleep(0.1)
    out.write("23")
P
cat >kill.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows, ratio = 0.8, seed = 7 }
xgboost.train { train, label = "late", rounds = 20 }
local function leave(name)
  return step(name) { signature = "(rows: Table {late: Bool}) -> (n: Int)", vars = { "ZPL_KILL_TEST" },
                      command = { "python3", "-S", "daemon.py", "$n", "$rows", name } } { test }
end
leave "one"
leave "two"
Z
expect 0 python3 "$ROOT/tests/fault/kill_any.py" "$ZPL" "${ZPL_KILLS:-50}" "${ZPL_KILL_SEED:-1}"
cat out
