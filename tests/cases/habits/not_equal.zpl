local rows = csv.read "flights.csv"
if rows <> nil then end
