local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(origin) AS hour FROM flights ]]
