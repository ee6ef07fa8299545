-- pipelines of one file may write one name; what is found is used as it is declared; names may be params
local p = params { name = "my/rows" }
local make = step "make" { signature = "(k: Int) -> (rows: Table {a: Int, b: String})", lua = function (t) return { a = { t.k }, b = { "x" } } end }
local say = step "say" { signature = "(k: Int) -> (l: List(Int))", lua = function (t) return { t.k } end }
local train = pipeline "train" { build = function () artifact.write { make { 1 }, p.name } end }
local again = pipeline "again" { build = function () artifact.write { make { 2 }, "my/rows" } end }
local keep = pipeline "keep" { inputs = { rows = Table { a = Int, ... } }, build = function (q) artifact.write { q.rows, "kept" } end }
pipeline "use" { build = function ()
  local found = artifact.read { p.name, type = Table { a = Int, ... } }
  local rows = sql [[ SELECT a + 1 AS a FROM found ]]
  local either = coalesce(found, artifact.read { "older", type = Table { a = Int, ... } })
  local model = artifact.read { "m", type = Model { "xgboost", label = "late" } }
  keep { rows }
  each({ "x", "y" }, function (n) artifact.write { either, "each/" .. n } end)
  artifact.write { coalesce(model, artifact.read { "n", type = Model { "xgboost", label = "late" } }), "best" }
  local most = make { 2 }
  local some = say { 3 }
  local once = each({ 1, 2 }, function (n) local rows = make { n } return { rows = rows, n = n } end)
  local runs = each(some, function (n) local rows, said = make { n }, say { n } return { rows = rows, said = said, n = n } end)
  artifact.write { max(once, "n").rows, "once" }
  artifact.write { max(runs, "n").rows, "runs" }
  artifact.write { coalesce(min(runs, "n").rows, most), "runs/least" }
  artifact.write { max(runs, "n").said, "runs/list" }
end }
