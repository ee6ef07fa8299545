local p = params { minutes = 15 }
local flights = csv.read "flights.csv"
local train, test = split { flights, seed = p.minuets }
