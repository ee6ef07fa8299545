local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, (delay IS NULL)::INT AS cancelled,
         (SELECT count(*) FROM flights g WHERE g.origin = f.origin AND g.delay > 60) AS bad, delay > 15 AS late
  FROM flights f
]]
local model = xgboost.train { rows, label = "late" }
