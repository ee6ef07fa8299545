local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights WHERE delay BETWEEN -30 AND 300 ORDER BY delay, distance LIMIT 50 ]]
local model = xgboost.train { rows, label = "late" }
