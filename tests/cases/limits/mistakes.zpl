-- a limit that nobody declares, slots that there are not, limits that stand in the wrong place
limits { db = 4 }
local add = step "add" {
  signature = "(a: Int) -> (sum: Int)",
  lua = function (t) return t.a end,
  resources = { db = 2 },
}
local one = add { 1, resources = { dbb = 1 } }
add { 1, resources = { warehouse = 1 } }
add { 1, resources = { db = 3 } }
add { 1, resources = { db = 0 } }
add { 1, resources = { db = 1.5 } }
add { 1, resources = { licence = "all" } }
add { 1, resources = { licence = one } }
local step_of = pipeline "inner" { build = function () add { 1, resources = { licence = 1, db = 1 } } end }
step_of { resources = { db = 1, cpu = 2 } }
