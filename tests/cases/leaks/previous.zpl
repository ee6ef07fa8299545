local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, lag(delay) OVER (PARTITION BY origin ORDER BY date) AS lag_delay, delay > 15 AS late FROM flights
]]
local model = xgboost.train { rows, label = "late" }
