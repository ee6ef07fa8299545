-- the first model learns from one part of the rows for training, the second from what it says of the other
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local one, other = split { train, ratio = 0.5, seed = 3 }
local first = xgboost.train { one, label = "late", as = "first" }
local learn = predict { first, other, as = "learn" }
local judge = predict { first, test, as = "judge" }
evaluate { xgboost.train { learn, label = "late", as = "second" }, judge }
