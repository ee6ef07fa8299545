local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay, delay / 60 AS hours, delay > 15 AS late FROM flights ]]
local model = xgboost.train { rows, label = "late", features = { "distance" } }
