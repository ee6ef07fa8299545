local prices = csv.read "month-1.csv"
local mean = sql [[ SELECT avg(price) AS mean FROM prices ]]
local train, test = split { prices, ratio = 0.5 }
local model = xgboost.train { train, label = "id" }
