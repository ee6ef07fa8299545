local flights = csv.read "flights.csv"
local train, test = spilt { flights }
