import pandas as pd
flights = pd.read_csv("flights.csv")
