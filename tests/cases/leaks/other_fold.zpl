local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local folds = kfold { rows, k = 3 }
evaluate { xgboost.train { folds[1].train, label = "late" }, folds[2].test }
