local flights = csv.read "flights.csv"
local rows = sql [[ SELECT INTERVAL 3 DAY AS span FROM flights ]]
