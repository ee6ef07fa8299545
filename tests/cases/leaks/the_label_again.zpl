local flights = csv.read "flights.csv"
local rows = sql [[
  SELECT distance, delay > 15 AS late, delay / 60 AS hours, (delay > 30)::INT AS very FROM flights
]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late" }
