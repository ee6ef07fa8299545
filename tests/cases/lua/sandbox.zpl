local text = io.open("flights.csv")
