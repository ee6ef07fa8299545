local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, lag(delay) OVER (PARTITION BY origin ORDER BY date) AS lag_delay, delay > 15 AS late FROM flights
]]
local train, test = split { rows }
local model = xgboost.train { train, label = "late", allow = { leak = { "lag_delay" } } }
evaluate { model, test }
evaluate { model, train, as = "seen", allow = { leak = { "test" } } }
