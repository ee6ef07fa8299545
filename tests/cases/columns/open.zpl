-- a table of which a step declares only one column: what else it has can't be used before it is declared
local made = step "made" { signature = "() -> (out: Table {a: Int, ...})", command = { "cp", "ab.csv", "$out.csv" } }
local t = made {}
local fine = sql [[ SELECT a + 1 AS a FROM t ]]
local rest = sql [[ SELECT * FROM t ]]
local less = sql [[ SELECT b FROM t ]]
local more = sql [[ SELECT a, c FROM rest ]]
xgboost.train { t, label = "a" }
xgboost.train { t, label = "a", features = { "b" } }
split { t, stratify = "b" }
local need = step "need" { signature = "(rows: Table {b: Float}) -> (n: Int)", lua = function (t) return 1 end }
need { t }
step "give" { signature = "(rows: Table {...r}) -> (out: Table {a: Int, ...})", lua = function (t) return t.rows end }
