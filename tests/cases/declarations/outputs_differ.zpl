local recent = step "recent" {
  inputs  = { rows = Table { day = Int, delay = Int } },
  outputs = { rows = Table { delay = Float } },
  sql     = [[ SELECT day FROM rows ]],
}
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT delay AS day, delay FROM flights ]]
local few = recent { rows }
