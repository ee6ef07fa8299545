-- Which part of a union a row is in says by what the parts were chosen.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, 1 AS bad, -distance AS signed, 2 * distance AS twice, delay > 15 AS late FROM flights WHERE delay > 60
  UNION ALL
  SELECT distance, 0, distance, 2 * distance, delay > 15 FROM flights WHERE delay <= 60
]]
local model = xgboost.train { rows, label = "late" }
