-- What a Lua body may not reach, told where it stands in the body.
local rows = csv.read "flights.csv"
local sig = "(rows: Table {delay: Int}) -> (out: Table {delay: Int})"
local m, big = math, {}
for i = 1, 300000 do big[i] = i end
local function shuffle (t) table.move(t, 1, #t, 2) return t end
local a = step "a" { signature = sig, lua = function (t) return { delay = { math.random(), m.flor(2) } } end }
local b = step "b" { signature = sig, lua = function (t) return { delay = { string.dump(m) } } end }
local e = step "e" { signature = sig, lua = function (t) return { delay = { big[1], #big } } end }
local c = step "c" { signature = sig, lua = function (t) return { delay = shuffle { big[1] } } end }
local d = step "d" { signature = sig, lua = function (t) return { delay = { math.floor(1.5), ("x"):rep(2), math["random"]() } } end }
a(rows) b(rows) c(rows) d(rows) e(rows)
