local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train = split { rows, seed = 1 }
local _, test = split { rows, seed = 2 }
evaluate { xgboost.train { train, label = "late" }, test }
