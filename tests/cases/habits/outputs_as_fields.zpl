local result = split { csv.read "flights.csv" }
local model = xgboost.train { result.train, label = "delay" }
local report = evaluate { model, result.test }
local first = result[1]
local again = report.report
local rows = csv.read("flights.csv").rows
