local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
local some = sql [[ SELECT * FROM train WHERE distance > 500 ]]
local both = sql [[ SELECT * FROM test UNION ALL SELECT * FROM train ]]
evaluate { model, some, as = "some" }
evaluate { model, both, as = "both" }
