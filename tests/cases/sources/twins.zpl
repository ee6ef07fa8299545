-- Two columns of one name are no guess of the reader's.
csv.read "twins.csv"
csv.read "fine.csv"
