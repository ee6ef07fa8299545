local flights = csv.read "flights.csv"
local rows = sql [[ SELECT delay, random() AS lot FROM flights ]]
