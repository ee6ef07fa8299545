-- One mistake is told once, and without words that are beside the point.
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, distance + 1 AS distance_2, delay > 15 AS late FROM flights ]]
local both = xgboost.train { rows, label = "late", features = { "distance", "late" } }
local model = xgboost.train { rows, label = "late", features = { "distance", "distance_2" } }
local less = sql [[ SELECT distance FROM rows ]]
local scored = predict { model, less }
local more = rows.distance + 1
