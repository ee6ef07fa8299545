local rows = csv.read "flights.csv"
local x = 1 is None
