local recent = step "recent" {
  inputs  = { rows = Table { day = Int, delay = Int } },
  params  = { days = Int { default = 30, min = 1 } },
  outputs = { rows = Table { delay = Int } },
  sql     = [[ SELECT delay FROM rows WHERE day <= $days ]],
}
local flights = csv.read "flights.csv"
local rows = recent { flights, days = 0 }
local counted = step "counted" { signature = "(n: Int, most: Optional(Int)) -> (m: Int)", lua = function (t) return t.n end }
counted { n = 1 }
