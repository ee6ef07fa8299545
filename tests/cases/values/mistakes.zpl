local rows = csv.read "flights.csv"
local data = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
local model = xgboost.train { data, label = "late" }
local report = evaluate { model, data, as = "own", allow = { leak = { "test" } } }
max(report, "auc")
max({}, "auc")
max({ report }, "acu")
max({ rows })
mean({ model })
coalesce(model, rows)
coalesce(nil, model)
coalesce()
coalesce(rows, data)
grid { a = 3 }
kfold { data, k = report.rows }
kfold { data, folds = 3 }
if max({ report }, "auc").auc > 0.5 then print("x") end
