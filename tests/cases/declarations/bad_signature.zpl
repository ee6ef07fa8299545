local clip = step "clip" {
  signature = "(rows: Table {delay: Itn}) -> (rows: Table {delay: Int})",
  sql = [[ SELECT delay FROM rows ]],
}
