local rows = csv.read "flights.csv"
local x = not in rows
