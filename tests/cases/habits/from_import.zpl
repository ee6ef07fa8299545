local rows = csv.read "flights.csv"
from numpy import array
