local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local late = sql [[ SELECT origin, count(*) AS often FROM flights WHERE delay > 15 GROUP BY origin ]]
local rows = sql [[
  SELECT f.distance, coalesce(l.often, 0) AS often, f.delay > 15 AS late FROM flights f LEFT JOIN late l USING (origin)
]]
local model = xgboost.train { rows, label = "late" }
