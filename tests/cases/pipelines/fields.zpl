-- What zpl makes itself has fields, and a misspelt one is no nil.
local rows = csv.read "flights.csv"
local late = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
each(grid { eta = { 0.1, 0.2 } }, function (h) return xgboost.train { late, label = "late", eta = h.etta } end)
local reports = each(kfold { late, k = 2 }, function (fold)
  return evaluate { xgboost.train { fold.train, label = "late" }, fold.tset }
end)
local fine = each(kfold { late, k = 2 }, function (fold)
  return evaluate { xgboost.train { fold.train, label = "late" }, fold.test }
end)
local s = step "s" { signature = "(x: Float) -> (x: Float)", lua = function (t) return t.x end }
s { mean(fine).acu }
for k, v in pairs(grid { a = { 1 }, b = { 2 } }[1]) do assert(k and v) end
local best = max(each(grid { eta = { 0.1, 0.2 } }, function (h) return { h = h, auc = h.eta } end), "auc")
assert(best.h.eta == 0.2)
