-- Workers for steps that run in one process.
local rows = csv.read { "flights.csv", resources = { workers = 1 } }
local few = step "few" {
  inputs = { rows = Table { delay = Int } }, outputs = { rows = Table { delay = Int } },
  sql = [[ SELECT delay FROM rows WHERE delay < 10 ]], resources = { cpu = 2, workers = 2 },
}
few { rows }
few { rows, resources = { workers = 1 } }
few { rows, resources = { workers = 0 } }
local train, test = split { rows, resources = { workers = 3 } }
local inner = pipeline "inner" { inputs = { rows = Table {...} }, build = function (p)
  step "go" { signature = "(rows: Table {...r}) -> (n: Int)", command = { "wc", "$rows", "$n" } } { p.rows }
  local given = p.rows
  sql [[ SELECT count(*) AS n FROM given ]]
end }
inner { rows, resources = { workers = 4 } }
