local rows = csv.read "flights.csv"
local train, test = split(rows, ratio=0.8)
