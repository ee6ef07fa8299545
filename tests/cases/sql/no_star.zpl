-- A star of which nothing is left, or of which something is left out that is not there.
local m = sql "SELECT 1 AS one"
local n = sql [[ SELECT * EXCLUDE (one) FROM m ]]
local open = step "open" { signature = "() -> (out: Table {...})", command = { "cp", "a.csv", "$out.csv" } } {}
local o = sql [[ SELECT max(COLUMNS(* EXCLUDE (two))) FROM open ]]
