local rows = csv.read "flights.csv"
for x in {1,2}:
  print(x)
