local rows = csv.read "flights.csv"
try:
  x
except:
  y
