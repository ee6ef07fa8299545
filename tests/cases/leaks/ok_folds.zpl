local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local dev, holdout = split { rows, seed = 9 }
local trials = each(grid { max_depth = { 1, 2 } }, function (h)
  local reports = each(kfold { dev, k = 3 }, function (fold)
    return evaluate { xgboost.train { fold.train, label = "late", max_depth = h.max_depth }, fold.test }
  end)
  return { h = h, auc = mean(reports).auc }
end)
local best = max(trials, "auc")
evaluate { xgboost.train { dev, label = "late", max_depth = best.h.max_depth, as = "best" }, holdout, as = "final" }
