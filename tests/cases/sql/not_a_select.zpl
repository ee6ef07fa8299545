local flights = csv.read "flights.csv"
local rows = sql [[ DROP TABLE flights ]]
