-- the second model learns from what the first says of rows, some of which the first has learnt by heart
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local first = xgboost.train { rows, label = "late", as = "first" }
local said = predict { first, rows }
local train, test = split { said }
evaluate { xgboost.train { train, label = "late", as = "second" }, test }
