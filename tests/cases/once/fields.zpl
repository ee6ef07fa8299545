local rows = csv.read "flights.csv"
step "v" { signature = "(rows: Table {delay: Int}) -> (out: Table {delay: Int})", comand = {"x"} }
pipeline "p" { buid = function (p) end }
local c = nil
evaluate { c }
sql { query = "SELECT 1" }
stack "s" { metadata = postgres { host = "x", user = "u", password = secret "bad name" } }
local i1 = import "refused"
local i2 = import "refused"
step "w" { signatur = "() -> ()", lua = function () end }
