-- names that are none, are written twice or by every item, values that are no artifacts
local rows = csv.read "rows.csv"
artifact.write { rows, "a b" }
artifact.write { rows, "last/model" }
artifact.write { rows, "rows" }
artifact.write { rows, "rows" }
artifact.write { 3, "three" }
artifact.write { rows }
local found = artifact.read { "rows", type = Report { n = Int } }
artifact.read { "rows" }
artifact.read { "rows", type = "Table" }
artifact.write { found.n, "number" }
artifact.write { { found }, "list" }
local say = step "say" { signature = "(n: Int) -> (name: Report {s: String}, l: List(Int))", lua = function (t) return { s = "x" }, {} end }
local said, list = say { found.n }
artifact.read { said.s, type = Report { n = Int } }
artifact.write { found, said.s }
each(list, function (n)
  local inner = say { n }
  artifact.write { inner, "inner" }
end)
local one = coalesce(found, artifact.read { "other", type = Report { m = Int } })
artifact.write { each(list, function (n) local inner = say { n } return inner end), "gathered" }
artifact.write { coalesce(list, { 1, 2 }), "literal" }
artifact.write { max(list), "number" }
