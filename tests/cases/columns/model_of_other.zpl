local flights = csv.read "flights.csv"
local far = sql [[ SELECT delay, distance FROM flights ]]
local near = sql [[ SELECT delay FROM flights ]]
local model = xgboost.train { far, label = "delay" }
local report = evaluate { model, near }
