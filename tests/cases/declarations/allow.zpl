-- Columns that a call allows to leak and that there are not.
local rows = csv.read { "flights.csv", hindsight = { "delay" } }
local out = sql [[ SELECT delay, distance, origin = 'SFO' AS late FROM rows ]]
xgboost.train { out, label = "late", allow = { leak = { "delay" } } }
xgboost.train { out, label = "late", rounds = 2, allow = { leak = { "delay", "dealy", "nope" } } }
