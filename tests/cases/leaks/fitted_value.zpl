-- a step of the program's own is fitted on all rows, and what it gave makes a feature
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local mean = step "mean" {
  inputs = { rows = Table { distance = Int } }, outputs = { mean = Float },
  lua = function (t)
    local sum = 0
    for i = 1, #t.rows do sum = sum + t.rows.distance[i] end
    return sum / #t.rows
  end,
}
local m = mean { flights }
local rows = sql [[ SELECT distance - $m AS above, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late" }, test }
