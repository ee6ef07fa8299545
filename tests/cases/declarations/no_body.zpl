local clip = step "clip" {
  signature = "(rows: Table {delay: Int}) -> (rows: Table {delay: Int})",
}
