local prepare = pipeline "prepare" { inputs = { rows = Table {...} }, params = { seed = 7 }, build = function (p) local a, b = split { p.rows, seed = p.seed } return a, b end }
pipeline "train" { params = { data = Path "f.csv" }, schedule = { cron = "0 6 * * *", timezone = "UTC" }, build = function (p) local a, b = prepare { csv.read(p.data), seed = 3 } drift { a, b } end }
