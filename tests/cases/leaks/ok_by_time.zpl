local flights = csv.read "flights.csv"
local rows = sql [[ SELECT date, distance, delay > 15 AS late FROM flights ]]
local before = sql [[ SELECT distance, late FROM rows WHERE date < '2001-01-10' ]]
local after = sql [[ SELECT distance, late FROM rows WHERE date >= '2001-01-10' ]]
evaluate { xgboost.train { before, label = "late" }, after }
