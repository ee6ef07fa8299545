local flights = csv.read "flights.csv"
local model = xgboost.train { flights, label = "delay" }
