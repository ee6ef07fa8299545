local rows = csv.read "flights.csv"
/* comment */
