local flights = csv.read "flights.csv"
local train, test = split { flights, rows = flights }
