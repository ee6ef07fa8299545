local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT ntile(4) OVER (ORDER BY distance) AS quarter, delay > 15 AS late FROM flights ]]
each(kfold { rows, k = 3 }, function (fold)
  return evaluate { xgboost.train { fold.train, label = "late" }, fold.test }
end)
