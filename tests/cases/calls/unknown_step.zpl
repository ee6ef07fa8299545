local flights = csv.read "flights.csv"
local model = xgboost.trian { flights, label = "delay" }
