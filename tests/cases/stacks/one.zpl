local s = step "s" { signature = "(n: Int = 1) -> (n: Int)", lua = function (t) return t.n end }
s {}
