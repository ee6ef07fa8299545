local months = csv.read "month-*.csv"
