-- A graph with everything that can be drawn: data, conditions, order, called pipelines, items, maps.
local rows = csv.read "flights.csv"
local late = sql { [[ SELECT distance, delay > 15 AS late FROM rows ]], as = "late rows" }
local train, test = split { late, ratio = 0.7 }
local models = each({ 5, 10 }, function (n) return xgboost.train { train, label = "late", rounds = n } end)
local reports = each(models, function (model) return evaluate { model, test } end)
local best = max(reports, "auc")
local list = step "list" { signature = "() -> (names: List(String))", lua = function () return { "a" } end }
local load = step "load" { signature = "(name: String) -> (r: Report {n: Int})", lua = function (t) return { n = 1 } end }
local counts = each(list {}, function (name) return load { name } end)
local watch = pipeline "watch" { inputs = { a = Table {...} }, build = function (p) return drift { p.a, p.a } end }
local shift = watch { test, after = { rows, models[1] } }
deploy { models[1], name = "late", when = best.auc > 0.5 and not shift.drifted }
