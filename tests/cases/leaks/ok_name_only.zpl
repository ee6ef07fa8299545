local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance AS delay, length(origin) AS letters, flights.delay > 15 AS late FROM flights ]]
local model = xgboost.train { rows, label = "late" }
