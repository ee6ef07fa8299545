local flights = csv.read "flights.csv"
local train, test = split { flights, ration = 0.8 }
