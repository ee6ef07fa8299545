local rows = csv.read "flights.csv"
local x = @decor
