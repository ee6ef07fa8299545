-- What is known of one table's columns is not remembered of another's.
local function few(flights) return sql [[ SELECT delay, distance FROM flights ]] end
local marked = few(csv.read { "flights.csv", hindsight = { "delay" } })
local flights = few(csv.read "others.csv")
local model = xgboost.train { flights, label = "distance", features = { "delay" } }
