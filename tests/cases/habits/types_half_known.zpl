local a = csv.read { "flights.csv", type = Table { delay = Int { uniq = true, minn = 0, requird = true, bounds = 3 } } }
local b = csv.read { "flights.csv", type = { delay = Int } }
local c = csv.read { "flights.csv", type = Table { delay = "Int" } }
local p = params { at = Timestamp "2024-06-01", day = Date "2024-06-01", name = String "x", k = Int(3) }
parquet.write { a, "a.parquet" }
