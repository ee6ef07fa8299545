-- A mistake in a loop, in each, in a helper called often: told once.
local rows = csv.read "flights.csv"
for i = 1, 50 do local a = sql [[ SELECT delya FROM rows ]] end
each({ rows, rows }, function (r) return sql [[ SELECT orgin FROM r ]] end)
local function train(n) return xgboost.train { rows, label = "late", rounds = n } end
for i = 1, 5 do train(i) end
for i = 1, 3 do split { rows, ratio = 7 } end
