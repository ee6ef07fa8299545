local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay AS minutes, delay > 15 AS late FROM flights ]]
local model = xgboost.train { rows, label = "late", allow = { leak = { "minutes" } } }
