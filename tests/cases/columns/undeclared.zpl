-- a table of which a step declares no column: the query is told once, with where to declare them; so are fields of Json
local load = step "load" { signature = "() -> (out: Table {...})", command = { "cp", "ab.csv", "$out.csv" } }
local raw = load {}
local rows = sql [[ SELECT a, b AS bb, c AS cc, d, e, f, g, h FROM raw WHERE i > 2 ]]
local again = sql [[ SELECT x FROM raw ]]
local both = sql [[ SELECT r.a, q.y FROM raw r JOIN (SELECT z AS y FROM raw) q ON true ]]
split { raw, stratify = "a" }
local judge = step "judge" { signature = "(n: Int) -> (said: Json)", command = { "cp", "a.json", "$said" } }
local one, two = judge { 1 }, judge { 2 }
split { load {}, when = one.auc > 0.5 }
local m = mean { one, two }
local best = max({ one, two }, "auc")
