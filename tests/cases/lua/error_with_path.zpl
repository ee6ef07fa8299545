error(Path "data/flights.csv")
