local rows = csv.read "flights.csv"
local m = rows.fit("x")
