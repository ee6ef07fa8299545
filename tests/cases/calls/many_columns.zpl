-- Of many columns the first are told and the last, of which one is often meant.
local rows = sql [[ SELECT 1 AS c1, 2 AS c2, 3 AS c3, 4 AS c4, 5 AS c5, 6 AS c6, 7 AS c7, 8 AS c8, 9 AS c9, 10 AS c10, 11 AS c11, 12 AS c12, 13 AS c13, 14 AS c14, true AS late ]]
local model = xgboost.train { rows, label = "target" }
local twelve = sql [[ SELECT 1 AS c1, 2 AS c2, 3 AS c3, 4 AS c4, 5 AS c5, 6 AS c6, 7 AS c7, 8 AS c8, 9 AS c9, 10 AS c10, 11 AS c11, true AS late ]]
local other = xgboost.train { twelve, label = "target" }
