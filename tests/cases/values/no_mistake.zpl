local rows = csv.read "flights.csv"
local data = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
local trials = each(grid { rounds = { 2, 4 }, eta = { 0.1, 0.3 } }, function (h)
  local reports = each(kfold { data, k = 2, stratify = "late" }, function (fold)
    return evaluate { xgboost.train { fold.train, label = "late", rounds = h.rounds, eta = h.eta }, fold.test }
  end)
  return { h = h, auc = mean(reports).auc, worst = min(reports, "auc").log_loss }
end)
local best = max(trials, "auc")
local model = xgboost.train { data, label = "late", rounds = best.h.rounds, eta = best.h.eta }
local other = xgboost.train { data, label = "late", when = best.worst < 0.1, as = "other" }
predict { coalesce(other, model), data }
assert(max { 3, 9, 4 } == 9 and mean { 1, 2 } == 1.5 and max({ { n = 1 }, { n = 2 } }, "n").n == 2)
