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
