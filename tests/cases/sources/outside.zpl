local orders = csv.read "../orders.csv"
