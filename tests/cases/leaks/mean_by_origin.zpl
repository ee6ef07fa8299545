local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, avg(delay) OVER (PARTITION BY origin) AS usual, delay > 15 AS late FROM flights
]]
local model = xgboost.train { rows, label = "late" }
