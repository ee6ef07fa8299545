local rows = csv.read "flights.csv"
local a = xgboost.train { rows, label = "delay", features = { "distance" }, reg_lambda = 1, reg_alpha = 2 }
local b = xgboost.train { rows, label = "delay", features = { "distance" }, colsample_bytree = 0.5, n_jobs = 4 }
local c = xgboost.train { rows, label = "delay", features = { "distance" }, objective = "binary:logistic" }
local d = xgboost.train { rows, label = "delay", features = { "distance" }, early_stopping_rounds = 10 }
local e = xgboost.train { rows, target = "delay" }
