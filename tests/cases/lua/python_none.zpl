local flights = csv.read { "flights.csv", header = True }
local x = None
