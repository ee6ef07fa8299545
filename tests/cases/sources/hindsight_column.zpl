local orders = csv.read { "orders.csv", hindsight = { "amuont" } }
