-- A variable that holds a type has a name in signatures; carets stand where the name was written.
local Rows = Table { y = Bool, ... }
local fine = step "fine" { signature = "(train: Rows, n: Int = 2) -> (rows: Rows)", sql = [[ SELECT * FROM train ]] }
local bad  = step "bad"  { signature = "(train: Rows, n: Rowz) -> (rows: Rows)", lua = function (t) return t.train end }
fine { csv.read "flights.csv" }
