-- The same queries, written twice: what each is given is compared once, not along every way back.
local flights = csv.read "flights.csv"
local function clean(a)
  local b = a
  for _ = 1, 40 do
    local c = sql [[ SELECT a.* FROM a WHERE distance IN (SELECT distance FROM b) ]]
    local d = sql [[ SELECT b.* FROM b WHERE distance IN (SELECT distance FROM a) ]]
    a, b = c, d
  end
  return a
end
local model = xgboost.train { clean(flights), label = "distance", features = { "delay" } }
local report = evaluate { model, clean(flights) }
