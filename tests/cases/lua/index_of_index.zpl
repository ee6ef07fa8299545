local rows = csv.read "flights.csv"
local first = rows[0]
local i, t = 1, {}
local x = t[i + 1][2]
