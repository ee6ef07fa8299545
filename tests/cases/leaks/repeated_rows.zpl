-- How often a join repeats a row is said by the rows it finds: its columns are not unique, or unique no longer.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local ends = csv.read { "ends.csv", type = Table { origin = String, closed = Date { unique = true } } }
local twice = csv.read { "ends.csv", type = Table { origin = String { unique = true }, ... }, as = "twice" }
local rows = sql [[
  SELECT count(*) AS n, bool_or(e.origin IS NOT NULL) AS y FROM flights f LEFT JOIN ends e USING (origin) GROUP BY f.origin
]]
local a = xgboost.train { rows, label = "y", as = "a" }
local others = sql [[
  WITH twice AS (SELECT t.* FROM twice t CROSS JOIN range(3))
  SELECT count(*) AS n, bool_or(e.origin IS NOT NULL) AS y FROM flights f LEFT JOIN twice e USING (origin) GROUP BY f.origin
]]
local b = xgboost.train { others, label = "y", as = "b" }
local self = sql [[
  SELECT count(*) AS n, bool_or(e.origin IS NOT NULL) AS y FROM flights f LEFT JOIN twice e ON e.origin = e.origin GROUP BY f.origin
]]
local c = xgboost.train { self, label = "y", as = "c" }
