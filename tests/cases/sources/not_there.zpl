local orders = csv.read "order.csv"
