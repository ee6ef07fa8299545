local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT distance, avg(distance) OVER (PARTITION BY origin) AS usual, delay > 15 AS late FROM flights WHERE delay IS NOT NULL
]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late" }, test }
