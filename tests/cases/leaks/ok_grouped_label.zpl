local flights = csv.read "flights.csv"
local rows = sql [[
  SELECT f.distance, length(f.origin) AS letters, count(r.date) > 2 AS back
  FROM flights f LEFT JOIN flights r ON r.origin = f.weather AND r.weather = f.origin GROUP BY ALL
]]
local model = xgboost.train { rows, label = "back" }
