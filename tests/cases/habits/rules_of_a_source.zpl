local a = json.read { "houses.json", unique = { "house" } }
local b = csv.read { "flights.csv", required = { "delay" }, min = 0, max = 9, columns = { "delay" } }
local c = parquet.read { "flights.parquet", primary_key = "house", match = "^[a-z]+$", one_of = { 1 }, rename = { a = "b" } }
local d = xgboost.train { b, label = "late", columns = { "distance" } }
