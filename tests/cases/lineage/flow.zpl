local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local usual = sql [[ SELECT origin, avg(distance) AS far FROM flights WHERE weather = 'clear' GROUP BY origin ]]
local rows = sql [[
  SELECT f.distance, (f.distance > u.far)::INT AS longer, length(f.origin) AS letters, f.delay > 15 AS late
  FROM flights f LEFT JOIN usual u USING (origin)
]]
local train, test = split { rows, seed = 4 }
local model = xgboost.train { train, label = "late", features = { "distance", "letters", "longer" }, as = "model" }
local report = evaluate { model, test }
