local rows = csv.read "flights.csv"
local q = sql [[ SELECT distance AS d FROM rows WHERE origin == "JFK" ]]
