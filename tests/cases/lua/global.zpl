flights = csv.read "flights.csv"
