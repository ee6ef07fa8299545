local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[
  SELECT (distance - avg(distance) OVER ()) / stddev(distance) OVER () AS scaled,
         coalesce(distance, (SELECT median(distance) FROM flights)) AS filled,
         origin = 'JFK' AS jfk, delay > 15 AS late
  FROM flights
]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late" }, test }
