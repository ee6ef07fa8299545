local model = xgboost.train { "flights.csv", label = "delay" }
local train, test = split { 5 }
