local flights = csv.read "flights.csv"
local train, test = split { flights, 0.8, 7 }
