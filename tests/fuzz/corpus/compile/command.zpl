local tidy = step "tidy" { signature = "(rows: Table {a: Int}, k: Int = 2) -> (out: Table {a: Int})", command = { "python3", "t.py", "$rows.csv", "$out.csv", "$k" }, vars = { LC_ALL = "C", "HOME" } }
tidy { csv.read "x" }
