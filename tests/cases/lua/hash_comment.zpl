local flights = csv.read "flights.csv"
# parts the flights
local train, test = split { flights }
