local flights = csv.read "flights.csv"
local airports = csv.read { "flights.csv", as = "airports", type = Table { origin = String, distance = Int, ... } }
local train, test = split { flights }
local function prepare (rows, name)
  return sql { [[ SELECT r.distance, a.distance AS far, r.delay > 15 AS late FROM airports a JOIN rows r USING (origin) ]], as = name }
end
evaluate { xgboost.train { prepare(train, "learn"), label = "late" }, prepare(test, "judge") }
