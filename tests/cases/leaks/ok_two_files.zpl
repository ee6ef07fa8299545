local flights = csv.read "flights.csv"
local others = csv.read { "others.csv", as = "others" }
local airports = sql [[ SELECT origin, avg(distance) AS far FROM flights GROUP BY origin ]]
local function prepare (rows, name)
  return sql { [[ SELECT r.distance, a.far, r.delay > 15 AS late FROM rows r LEFT JOIN airports a USING (origin) ]], as = name }
end
evaluate { xgboost.train { prepare(flights, "learn"), label = "late" }, prepare(others, "judge") }
