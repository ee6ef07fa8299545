-- Words that look like files of the project: those that are not there are warned of, what is no path is not.
local rows = csv.read "flights.csv"
for i = 1, 2 do
  step("s" .. i) {
    signature = "(rows: Table {...r}) -> (out: File)",
    command = { "sh", "scripts/mising.sh", "scripts/missing.sh", "scripts", "scripts/result.txt", "nowhere/x.R", "train.py", "$out",
                "s/a/b/", "text/csv", "-fno.awk", "*.py", "a.py b.py", "/no/such.sh", "https://example.org/x.py", ".py", "$rows.csv" },
  } { rows }
end
step "program" { signature = "() -> (f: File)", command = { "train.sh", "$f" } }
step "path" { signature = "() -> (f: File)", command = { "./cuont.sh", "$f" } }
