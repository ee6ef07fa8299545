-- a value that was fitted on all rows decides what is deployed, not what a feature is
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows }
local report = evaluate { xgboost.train { train, label = "late" }, test }
local average = sql [[ SELECT avg(distance) AS mean FROM flights ]]
drift { train, test, when = report.auc > 0.5 }
