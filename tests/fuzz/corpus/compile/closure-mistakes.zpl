local r = drift { csv.read "a", csv.read "b" } local n = 0 local function up () n = n + 1 end
step "a" { signature = "() -> (n: Int)", lua = function () return r end }
step "b" { signature = "() -> (n: Int)", lua = function () up() return n end }
step "c" { signature = "() -> (n: Int)", lua = function () return split {} end }
