local rows = split { a = 1 }
xgboost.tran { rows } csv.read { 3, pth = 1 }
split { rows, ratio = 2 } import(3) undefined()
