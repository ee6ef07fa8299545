-- Pipelines with inputs that nothing calls: what is wrong in them whatever they are given is told, once.
local open = pipeline "open" {
  inputs = { rows = Table {...} },
  params = { label = String },
  build  = function (p)
    local a, b = splitt { p.rowz }
    local m = xgboost.train { p.rows, label = p.label, roundz = 3, rounds = "x" }
    if p.label == "late" then return nosuch { p.rows, p.lable } end
    return p.nope, a
  end,
}
local closed = pipeline "closed" {
  inputs  = { rows = Table { a = Int, b = String }, report = Report { auc = Float } },
  outputs = { out = Table { z = Int } },
  build   = function (p)
    local rows = p.rows
    sql [[ SELECT a, c FROM rows ]]
    open { rows, label = "b" }
    drift { p.rows, rows, when = p.report.acu > 0.5 }
    if rows then return rows end
    local t = nil
    return rows
  end,
}
local raises = pipeline "raises" { inputs = { rows = Table {...} }, build = function () local t = nil return t.x end }
pipeline "called" { inputs = { n = Table {...} }, build = function (p) return split { p.n, wrong = 1 } end } { csv.read "flights.csv" }
return { open = open, closed = closed }
