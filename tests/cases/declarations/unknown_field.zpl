local recent = step "recent" {
  input   = { rows = Table { delay = Int } },
  outputs = { rows = Table { delay = Int } },
  sql     = [[ SELECT delay FROM rows ]],
}
