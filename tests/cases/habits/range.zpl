local rows = csv.read "flights.csv"
for i in range(3) do end
