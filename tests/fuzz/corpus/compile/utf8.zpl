local rows = csv.read "größe.csv" split { rows, as = "träin" }
