local flights = csv.read "flights.csv"
local train, test = split { flights }
local shift = drift { train, test }
local doubled = shift.share * 2
print(#train)
