local p = params { minutes = 15 }
local flights = csv.read "f.csv"
local rows = sql [[ SELECT delay > $minutes AS late FROM flights ]]
sql { "SELECT late FROM rows", as = "q" }
