local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local airports = csv.read { "flights.csv", as = "airports" }
local rows = sql [[
  SELECT f.distance, a.distance AS far, f.delay > 15 AS late FROM flights f LEFT JOIN airports a USING (origin)
]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late" }, test }
