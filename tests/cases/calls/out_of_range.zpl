local flights = csv.read "flights.csv"
local train, test = split { flights, ratio = 1.5 }
local rows = sql [[ SELECT delay, distance FROM flights ]]
local model = xgboost.train { rows, label = "delay", rounds = 0 }
