-- A template can't be run: of a file with templates and one other pipeline that one is meant.
local half = pipeline "half" { inputs = { rows = Table {...} }, build = function (p) return split { p.rows, ratio = 0.5 } end }
local rest = pipeline "rest" { inputs = { rows = Table {...} }, build = function (p) return half { p.rows } end }
pipeline "both" { build = function () rest { csv.read "flights.csv" } end }
