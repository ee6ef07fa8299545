local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
evaluate { model, train }
evaluate { model, rows, as = "on all of them" }
