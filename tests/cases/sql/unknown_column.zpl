local flights = csv.read "flights.csv"
local rows = sql [[
  SELECT hour(date) AS hour,
         dealy > 15 AS late
  FROM flights
]]
