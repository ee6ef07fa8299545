local rows = csv.read "flights.csv"
local f = lambda x: x
