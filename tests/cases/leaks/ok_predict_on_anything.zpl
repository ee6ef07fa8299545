local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
predict { model, train, as = "seen" }
local scored = predict { model, test }
local second = xgboost.train { scored, label = "late", features = { "distance", "score" }, as = "second" }
