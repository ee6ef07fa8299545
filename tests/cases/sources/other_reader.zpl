local a = parquet.read "fine.csv"
local b = json.read "fine.csv"
local c = csv.read { "fine.csv", delimiter = "tab" }
local d = csv.read { "fine.csv", delimiter = "\t" }
