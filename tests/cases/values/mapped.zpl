-- each over a list that is known only at run time, and what can't be done with what belongs to an item.
local list = step "list" { signature = "(n: Int = 3) -> (names: List(String), one: String)", lua = function (t) return { "a" }, "b" end }
local make = step "make" { signature = "(name: String, i: Int = 1) -> (rows: Table {x: Int}, n: Int)", lua = function (t) return { x = { t.i } }, 1 end }
local names, one = list {}
local kept
local tables, counts = each(names, function (name, i)
  local rows, n = make { name, i }
  if n > 3 then return rows end
  kept = rows
  local more = sql [[ SELECT y FROM rows ]]
  return rows, n, "text" .. name
end)
split { kept }
split { tables }
make { "x", when = kept ~= nil }
make { "y", after = { kept } }
local a = max(counts)
make { "z", i = a, as = "late" }
each(one, function () end)
max(tables, "x")

local join = step "join" { signature = "(all: List(Any), n: Int = 0) -> (n: Int)", lua = function () return 1 end }
local perhaps = step "perhaps" { signature = "() -> (all: List(Optional(Int)))", lua = function () return { 1 } end }
each(tables, function (t) join { { 1 }, as = "rows of it" } end)
join { tables, as = "of tables" }
join { { kept = { tables } }, as = "deep" }
local all = perhaps {}
each(all, function (n) join { { 1 }, n = n, as = "perhaps none" } end)
max({ (make { "w", as = "w" }) }, "x")
