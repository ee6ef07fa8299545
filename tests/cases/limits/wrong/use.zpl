local add = step "add" { signature = "(a: Int) -> (sum: Int)", lua = function (t) return t.a end, resources = { db = 1 } }
add { 1, resources = { db = 1 } }
