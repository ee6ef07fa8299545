local rows = csv.read "flights.csv"
local report = drift { rows, rows }
local model = xgboost.train { rows, label = "delay", features = { "distance" } }
deploy { model, name = "a", when = report.share >= 0.5 & report.columns >= 1 }
deploy { model, name = "b", when = (report.share >= 0.5) | (report.columns >= 1) }
deploy { model, name = "c", when = ~report.drifted }
deploy { model, name = "d", when = 0.5 < report.share < 0.9 }
local plain = 1 < 2 and 2 < 3 & true
