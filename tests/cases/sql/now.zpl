local flights = csv.read "flights.csv"
local rows = sql [[ SELECT delay FROM flights WHERE date < now() ]]
