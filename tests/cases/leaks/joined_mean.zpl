local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local usual = sql [[ SELECT origin, avg(delay) AS usual FROM flights GROUP BY origin ]]
local rows = sql [[ SELECT f.distance, u.usual, f.delay > 15 AS late FROM flights f JOIN usual u USING (origin) ]]
local model = xgboost.train { rows, label = "late" }
