local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local clean = sql [[ SELECT distance, coalesce(delay, 0) AS minutes, delay > 15 AS late FROM flights ]]
local rows = sql [[ SELECT distance, minutes / 60 AS hours, late FROM clean ]]
local train, test = split { rows, seed = 3 }
local model = xgboost.train { train, label = "late", features = { "distance", "hours" } }
