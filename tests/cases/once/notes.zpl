local rows = sql [[ SELECT 1 AS x, true AS y ]]
local train, test = split { rows, ratio = 0.5 }
local trials = each({1,2,3}, function (i) local m = xgboost.train { train, label = "y", rounds = i } return { m = m, auc = evaluate { m, test }.auc, r = test } end)
local w = max(trials, "auc").r
deploy { w, name = "n" }
