local rows = csv.read "flights.csv"
local y = rows.delay > 15 and 1 or 2
