local orders = csv.read "nothing.csv"
