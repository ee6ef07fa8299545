local lib = import "lib.zpl"
local s = step "s" { signature = "(n: Int) -> (n: Int)", lua = function (t) return lib.double(t.n) end }
s { lib.days }
