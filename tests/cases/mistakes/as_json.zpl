local rows = csv.read "flights.csv"
local out = sql [[ SELECT dealy FROM rows ]]
