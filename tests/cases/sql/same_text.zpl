-- one text on tables of other types: each is told what it gives
local rows = csv.read "flights.csv"
local t = sql [[ SELECT delay AS x, 1 AS y FROM rows ]]
local u = sql [[ SELECT date AS x, 1 AS y FROM rows ]]
local v = sql [[ SELECT origin AS x, 1 AS y FROM rows ]]
local n = step "n" { inputs = { rows = Table { x = Int } }, outputs = { out = Table { ... } }, sql = "SELECT max(x) AS top FROM rows" } { t }
local d = step "d" { inputs = { rows = Table { x = Timestamp } }, outputs = { out = Table { ... } }, sql = "SELECT max(x) AS top FROM rows" } { u }
local s = step "s" { inputs = { rows = Table { x = String } }, outputs = { out = Table { ... } }, sql = "SELECT max(x) AS top FROM rows" } { v }
sql [[ SELECT n.top + true, d.top + true, s.top + true FROM n, d, s ]]
local w = step "w" { signature = "(n: Table {top: Bool}) -> (x: Int)", lua = function (t) return 1 end }
w { n }
w { d }
w { s }
