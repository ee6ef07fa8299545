-- a step may not have the name that an item of a list known at run time has
local list = step "list" { signature = "(k: Int) -> (l: List(Int))", lua = function (t) return { t.k } end }
local l = list { 1 }
each(l, function (k) list { k, as = "a" } end)
list { 2, as = "a[1]" }
list { 3, as = "b[2]" }
each(l, function (k) list { k, as = "b" } end)
each(l, function (k) each({ 1 }, function (n) list { n, as = "c" } end) end)
each({ 1, 2 }, function (k) each(list { k, as = "d" }, function (n) list { n, as = "c" } end) end)
list { 4, as = "e[*]" }
list { 5, as = "c[x]" }
