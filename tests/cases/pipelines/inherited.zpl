local rows = csv.read "flights.csv"
local d    = drift { rows, rows }
local prep = pipeline "prep" { inputs = { r = Table {...} }, build = function (p)
  local a, b = split { p.r, when = d.share > 0.1, retries = 1 }
  return drift { a, b }
end }
local outer = pipeline "outer" { inputs = { r = Table {...} }, build = function (p)
  return prep { p.r, as = "inner", when = d.columns > 1, after = { d }, resources = { cpu = 2 } }
end }
outer { rows, as = "first", when = d.drifted, retries = 2, timeout = "90s", cache = false, resources = { memory = "1Gi" } }
