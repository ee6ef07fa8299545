local recent = step "recent" {
  input   = { rows = Table { delay = Int } },
  outputs = { rows = Table { delay = Int } },
  sql     = [[ SELECT delay FROM rows ]],
}
step "far" { signature = "() -> (n: Int)", enviroment = "x", lua = function () return 1 end }
