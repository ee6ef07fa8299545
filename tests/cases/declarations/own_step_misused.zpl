local recent = step "recent" {
  inputs  = { rows = Table { day = Int, delay = Int } },
  params  = { days = Int { default = 30, min = 1 } },
  outputs = { rows = Table { delay = Int } },
  sql     = [[ SELECT delay FROM rows WHERE day <= $days ]],
}
local flights = csv.read "flights.csv"
local rows = recent { flights, days = 0 }
