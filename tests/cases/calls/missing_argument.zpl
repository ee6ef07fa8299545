local flights = csv.read "flights.csv"
local rows = sql [[ SELECT delay, distance FROM flights ]]
local model = xgboost.train { rows, rounds = 5 }
