-- A name that holds nothing is told where it is given.
local rows = csv.read "flights.csv"
local cfg = { rows = rows }
split { cfg.rwos }
split { nil, ratio = 0.5 }
local train, test, val = split { rows }
drift { train, val }
drift { val, test }
