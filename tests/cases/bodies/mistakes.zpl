-- The bodies of a step, and what can be wrong about each.
local rows = csv.read "flights.csv"
local sig = "(rows: Table {delay: Int}, k: Int = 2) -> (out: Table {delay: Int})"
step "a" { signature = sig, command = { "python3", "$rwos", "$out", "$k$$ $x", 3, {} } }
step "b" { signature = sig, command = { "cat", "$rows" } }
step "c" { signature = sig, command = "cat $rows" }
step "d" { signature = sig, command = { "cat", "$rows", out = "$out" }, vars = { "A B" }, network = "yes" }
step "e" { signature = sig, kernel = "x.so" }
step "f" { signature = sig, kernel = "x.so:f" }
step "g" { signature = sig, lua = function (t) return t.rows end, vars = { A = "1" } }
step "h" { signature = sig, command = { "cat" }, lua = function (t) return t.rows end }
local py = step "py" { signature = sig, python = "steps.py:f", env = venv "requirements.txt" }
local out = py { rows, k = "three" }
sql [[ SELECT dealy FROM out ]]
-- one name for what goes in and what comes out: a command can't tell them apart, a query can
step "i" { signature = "(rows: Table {delay: Int}) -> (rows: Table {delay: Int})", command = { "sort", "$rows.csv", "-o", "$rows.csv" } }
step "j" { inputs = { rows = Table { delay = Int } }, outputs = { rows = Table { delay = Int } }, sql = [[ SELECT delay FROM rows ]] }
step "k" { signature = sig, command = { "cp", "$rows", "$out" }, files = { "flihgts.csv", "no/such", 3, "../..", "flights.csv" } }
step "l" { signature = sig, command = { "cp", "$rows", "$out" }, files = "flights.csv" }
step "m" { signature = "(rows: Table {delay: Int}) -> (out: Table {delay: Int})", sql = [[ SELECT delay FROM rows ]], files = { "flights.csv" } }
step "n" { signature = sig, command = { "to", "$rows.json", "--from=$rows.csv,$rows.parquet, that is $rows.", "$out.csv.tmp", "$k.json", "$out.feather" } }
-- a command keeps no objects of Python's
step "o" { signature = sig, command = { "cp", "$rows", "$out" }, allow_pickle = true }
step "p" { signature = sig, command = { "cp", "$rows", "$out" }, allow_pickel = true, network = 1 }
