local rows = csv.read "flights.csv"
local a = xgboost.fit { rows }
local b = xgboost.XGBClassifier {}
local c = xgboost.DMatrix { rows }
local d = xgboost.predict { rows }
local e = csv.write { rows, "out.csv" }
local f = csv.load "flights.csv"
