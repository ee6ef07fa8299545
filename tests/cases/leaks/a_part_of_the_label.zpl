local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay - distance / 10 > 15 AS late FROM flights ]]
local model = xgboost.train { rows, label = "late" }
