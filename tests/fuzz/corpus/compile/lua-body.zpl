local k = { a = 1, 2, b = { true } }
local function h (x) return x + k.a end
local s = step "s" { signature = "(rows: Table {a: Int}, n: Int = 2) -> (rows: Table {a: Int}, n: Int)", lua = function (t)
  local out = {}
  for i = 1, #t.rows do if i == 2 then goto next end out[i] = h(t.rows.a[i]) ::next:: end
  return { a = out }, #out
end }
local r, n = s { csv.read "x.csv", n = 3 }
