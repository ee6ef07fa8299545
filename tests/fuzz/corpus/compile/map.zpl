local list = step "list" { signature = "() -> (names: List(String))", lua = function () return { "a" } end }
local load = step "load" { signature = "(name: String) -> (n: Int)", lua = function (t) return #t.name end }
local all = each(list {}, function (name, i) return load { name } end)
