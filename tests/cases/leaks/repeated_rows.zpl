-- How often a join repeats a row is said by the rows it finds: its columns are not unique, or unique no longer.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local ends = csv.read { "ends.csv", type = Table { origin = String, closed = Date { unique = true, hindsight = true } } }
local twice = csv.read { "ends.csv", type = Table { origin = String { unique = true }, closed = Date { hindsight = true } }, as = "twice" }
local rows = sql [[
  SELECT count(*) AS n, bool_or(f.delay > 15) AS y
  FROM flights f LEFT JOIN ends e ON e.origin = f.origin AND e.closed > DATE '2024-01-01' GROUP BY f.origin
]]
local a = xgboost.train { rows, label = "y", as = "a" }
local others = sql [[
  WITH twice AS (SELECT t.* FROM twice t CROSS JOIN range(3))
  SELECT count(*) AS n, bool_or(f.delay > 15) AS y
  FROM flights f LEFT JOIN twice e ON e.origin = f.origin AND e.closed > DATE '2024-01-01' GROUP BY f.origin
]]
local b = xgboost.train { others, label = "y", as = "b" }
local self = sql [[
  SELECT count(*) AS n, bool_or(f.delay > 15) AS y
  FROM flights f LEFT JOIN twice e ON e.origin = e.origin AND e.closed > DATE '2024-01-01' GROUP BY f.origin
]]
local c = xgboost.train { self, label = "y", as = "c" }
local fine = sql [[
  SELECT count(*) AS n, bool_or(f.delay > 15) AS y
  FROM flights f LEFT JOIN twice e ON e.origin = f.origin AND e.closed > DATE '2024-01-01' GROUP BY f.origin
]]
local d = xgboost.train { fine, label = "y", as = "d" }
