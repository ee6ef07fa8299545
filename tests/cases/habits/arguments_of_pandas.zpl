local a = csv.read { "flights.csv", sep = ",", usecols = { "delay" } }
local b = csv.read { "flights.csv", parse_dates = { "date" }, nrows = 10 }
local folds = kfold { a, n_splits = 3, shuffle = true }
local train, test = split { a, train_frac = 0.8, test_size = 0.2 }
