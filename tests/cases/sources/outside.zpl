-- Files outside of the project are read only where the command line names them.
local p = params { data = Path "/etc/passwd", rows = Path "nothing.csv" }
csv.read "../orders.csv"
csv.read { p.data, as = "data" }
csv.read { p.rows / "../../x.csv", as = "up" }
for _, path in ipairs(files "/etc/*.conf") do csv.read(path) end
files "../*"
