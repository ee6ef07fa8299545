-- A model needs something to learn from, and a deployment a name that a path can have.
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT delay > 15 AS late FROM flights ]]
local more = sql [[ SELECT delay > 15 AS late, distance FROM flights ]]
xgboost.train { rows, label = "late" }
local model = xgboost.train { more, label = "late", features = {} }
deploy { model, name = "../late" }
