local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
local report = evaluate { model, test }
deploy { model, name = "delays", when = report.acu > 0.6 }
