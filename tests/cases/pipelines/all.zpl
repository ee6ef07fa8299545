-- A check looks into every pipeline of the file; what a call of one says goes to the steps inside.
local rows = csv.read "flights.csv"
local prep = pipeline "prep" {
  inputs  = { r = Table { delay = Int, ... } },
  outputs = { out = Table { delay = Int }, n = Report { k = Int }, more = Table {...} },
  build   = function (p) local a, b = split { p.r, ratio = 0.5 } return a, b end,
}
pipeline "one" {
  params = { day = Date, k = 3 },
  build  = function (p)
    local r = csv.read("days" / p.day)
    split { rows, ratio = p.k }
  end,
}
pipeline "two" {
  build = function (p)
    sql [[ SELECT delya FROM rows ]]
    prep { rows }
    prep { rows, as = "second", when = drift { rows, rows }.drifted, retries = 2000, timeout = "1h", allow = { leak = { "x" } } }
  end,
}
