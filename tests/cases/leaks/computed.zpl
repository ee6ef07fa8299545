local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay * 2 AS twice, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
