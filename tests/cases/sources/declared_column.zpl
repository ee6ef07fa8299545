local Order = Table { id = Int, amuont = Float }
local orders = csv.read { "orders.csv", type = Order }
