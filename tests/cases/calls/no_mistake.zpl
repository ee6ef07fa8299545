-- A program without a mistake.
local flights = csv.read "flights.csv"
local train, test = split { flights, ratio = 0.8 }
