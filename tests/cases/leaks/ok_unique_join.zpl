-- A LEFT JOIN on a unique column leaves the rows as they are: what is computed over them does not depend on
-- which it finds, in whatever way it asks.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local ends = csv.read { "ends.csv", type = Table { origin = String { unique = true }, closed = Date { hindsight = true } } }
local by_name = sql [[
  SELECT avg(f.distance) AS far, count(*) AS n, bool_or(e.origin IS NOT NULL) AS y
  FROM flights f LEFT JOIN ends e USING (origin) GROUP BY f.origin
]]
local a = xgboost.train { by_name, label = "y", as = "a" }
local by_value = sql [[
  SELECT avg(f.distance) AS far, count(*) AS n, count(e.origin) > 0 AS y
  FROM flights f LEFT JOIN ends e ON e.closed > DATE '2024-01-01' AND upper(f.origin) = e.origin GROUP BY f.origin
]]
local b = xgboost.train { by_value, label = "y", as = "b" }
