local rows = csv.read "flights.csv"
local y = true ? 1 : 2
