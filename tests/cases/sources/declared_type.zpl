-- Declared names are checked here; values, when the step runs.
local Order = Table { id = Int, amount = Float }
local orders = csv.read { "orders.csv", type = Order }
local model = xgboost.train { orders, label = "total" }
