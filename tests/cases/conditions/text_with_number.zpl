local flights = csv.read "flights.csv"
local train, test = split { flights }
local shift = drift { train, test }
local again = split { flights, as = "again", when = shift.share == "all" }
