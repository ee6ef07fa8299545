local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local weather = csv.read { "flights.csv", as = "weather" }
local rows = sql [[
  SELECT f.distance, w.distance AS rain, f.delay > 15 AS late
  FROM flights f LEFT JOIN weather w ON w.distance = f.distance + f.delay
]]
local model = xgboost.train { rows, label = "late" }
