local flights = csv.read "flights.csv"
local clipped = step "clipped" {
  signature = "(rows: Table {delay: Int}) -> (rows: Table {delay: Int})",
  lua = function (t) return { delay = flights.delay } end,
}
local rows = clipped { flights }
