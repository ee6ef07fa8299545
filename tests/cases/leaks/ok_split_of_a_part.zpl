local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local dev, holdout = split { rows }
local train, valid = split { dev }
local more = sql [[ SELECT * FROM train UNION ALL SELECT * FROM train WHERE late ]]
local model = xgboost.train { more, label = "late" }
evaluate { model, valid, as = "valid" }
evaluate { model, holdout, as = "holdout" }
