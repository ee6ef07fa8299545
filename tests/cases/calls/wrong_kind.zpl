local flights = csv.read "flights.csv"
local train, test = split { flights, ratio = "most" }
local report = evaluate { train, test }
