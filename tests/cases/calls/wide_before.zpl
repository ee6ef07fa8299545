local flights = csv.read "flights.csv"
local a = split { flights, as = "日本語 é 🛫", ration = 0.8 }
