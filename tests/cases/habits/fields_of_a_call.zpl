local rows = csv.read { "flights.csv", name = "flights" }
local train, test = split { rows, retry = 2, depends_on = rows, condition = true }
split { rows, timout = "2h", resource = { cpu = 2 }, alow = {} }
