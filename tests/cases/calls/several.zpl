-- Every independent mistake is told, each once; what follows from one is silent.
local flights = csv.read "flights.csv"
local train, test = split { flights, ration = 0.8 }
local rows = sql [[ SELECT delay, dist FROM flights ]]
local model = xgboost.train { rows, label = "delay" }
local other = xgboost.train { flights, label = "late" }
local report = evaluate { model, test }
local shift = drfit { train, test }
