local rows = csv.read "flights.csv"
local m = pd.read_csv("x.csv")
