-- lists of the wrong shape
local rows = csv.read "flights.csv"
each({ a = 1 }, function (i) return i end)
grid { 1, 2 }
grid {}
max { 1, "a" }
mean { a = 1 }
csv.read { "flights.csv", timeout = "0s" }
kfold { rows, fold = 2 }
kfold { rows, k = "5" }
