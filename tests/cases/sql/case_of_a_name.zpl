local k = 3
local a = csv.read "flights.csv"
local r = sql [[ SELECT * FROM a WHERE delay < $k AND delay > $K ]]
