local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local labelled = sql [[ SELECT *, delay > 15 AS late FROM flights ]]
local train, test = split { labelled }
local known = sql [[ SELECT avg(distance) AS mean, stddev(distance) AS spread FROM train ]]
local learn = sql [[ SELECT (distance - mean) / spread AS scaled, late FROM train, known ]]
local judge = sql [[ SELECT (distance - mean) / spread AS scaled, late FROM test, known ]]
evaluate { xgboost.train { learn, label = "late" }, judge }
