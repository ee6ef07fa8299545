local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, delay AS minutes, delay > 15 AS late
  FROM flights
]]
local train, test = split { rows, seed = 1 }
local model = xgboost.train { train, label = "late" }
