local flights = csv.read "flights.csv"
local train, test = split { flights, seed = 1 }
local model = xgboost.train { train, label = "delay", features = { "distance", "wheather" } }
