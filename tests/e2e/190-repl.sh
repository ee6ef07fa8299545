# A session in a pipe: types at once, values computed only when they are shown and from the same store as
# `zpl run`, mistakes that end nothing, and a program that is what was entered.
. "$ROOT/tests/lib.sh"
flights flights.csv 400

# repl CODE [ARGUMENT...] <CELLS
repl() {
    wanted=$1
    shift
    expect "$wanted" zpl repl "$@"
}
runs() { zpl runs --json --limit 1000 2>/dev/null >all.json && json all.json 'len(j["runs"] if isinstance(j, dict) else j)'; }
steps() { zpl show --json >run.json && json run.json "','.join(s['name'] for s in j['steps'])"; }

# an assignment tells types and columns, and computes nothing
cat >cells <<'Z2'
-- a note is no cell
flights = csv.read "flights.csv"

rows = sql [[
  SELECT distance, delay > 15 AS late, origin
  FROM flights
]]
train, test = split { rows, ratio = 0.8 }
model = xgboost.train { train, label = "late", rounds = 5, features = { "distance" } }
report = evaluate { model, test }
Z2
repl 0 <cells
contains out "rows: Table {distance: Int, late: Bool, origin: String}"
contains out "train: Table {distance: Int, late: Bool, origin: String}"
contains out "report: Report"
lacks out "400 rows"
lacks out ">"
equal "$(wc -c <err)" 0 "standard error"
expect 0 zpl runs
contains out "no runs"

# a value: what it needs is computed, and nothing else
{ cat cells; echo rows; } | repl 0
contains out "400 rows"
contains out "the first 5 of 400 rows"
equal "$(steps)" "csv.read,sql" "steps of the run"
equal "$(runs)" 1 "runs"
# shown again: from the store, without a run
{ cat cells; echo rows; echo rows; } | repl 0
equal "$(grep -c "^ *distance " out)" 4 "lines that tell the distance: a figure and a header, twice"
{ cat cells; echo rows.late; } | repl 0
equal "$(grep -c "^ *distance " out)" 0 "lines that tell another column"
equal "$(runs)" 1 "runs after a value that was there"
contains out "Bool, a column of rows"
# the same store as zpl run's, in both directions
cat >program.zpl <<'Z2'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > 15 AS late, origin FROM flights ]]
local train, test = split { rows, ratio = 0.8 }
local model = xgboost.train { train, label = "late", rounds = 5, features = { "distance" } }
local report = evaluate { model, test }
Z2
expect 0 zpl run program.zpl
contains out "3 ran, 2 cached"
{ cat cells; echo report; echo "report.accuracy"; } | repl 0
equal "$(runs)" 2 "runs when another had computed it"
zpl show --json last/evaluate/report >report.json
accuracy=$(json report.json 'j["value"]["accuracy"]')
contains out "  $accuracy"

# mistakes are told at their place in their cell, end nothing, and keep nothing
cat >wrong <<'Z2'
flights = csv.read "flights.csv"
rows = sql "SELECT delai FROM flights"
rows
x = = 1
local y = {
  nope,
}
flights.delay + 1
rows = sql "SELECT delay FROM flights"
rows.dela
csv.read "nowhere.csv"
1 + 1
Z2
repl 1 <wrong
contains err "[2]:1:20: error[E014]"
contains err "did you mean 'delay'?"
contains err "[3]:1:1: error[E002]: unknown name 'rows'"
contains err "[4]:1:5: error[E001]"
contains err "[5]:2:3: error[E002]: unknown name 'nope'"
contains err "[8]:1:6: error[E014]"
contains err "[9]:1:10: error[E060]"
equal "$(tail -n 1 out)" 2 "the last value"
contains out "rows: Table {delay: Int}"

# what is cut off at the end of the input is told
printf 'x = 1\ny = {\n  1,\n' | repl 1
contains err "[2]:"
contains err "E001"
printf 'x = 1 -- without a line end' | repl 0
contains out "x: Int = 1"
printf 'x = 1\nx + 1\n\n\nx\0y\n' | repl 1
contains out "2"
head -c 2000000 /dev/zero | tr '\0' 'x' | repl 1
contains err "at most"

# a failing step is told where it stands, and the session goes on
cat >failing <<'Z2'
flights = csv.read "flights.csv"
bad = sql "SELECT error('no way ' || origin) AS a FROM flights"
bad
body = step "body" {
  signature = "(flights: Table {delay: Int}) -> (n: Table {n: Int})",
  lua = function (flights)
    return { n = { flights.at.all } }
  end,
}
body { flights }
flights
Z2
repl 1 <failing
contains err "[2]:1:7: error[E400]: step sql failed"
contains err "no way"
contains err "at [4]:4, in the body"
contains out "400 rows"

# a name can be declared again, with what it was before and without
cat >again <<'Z2'
p = params { least = 0 }
p = params { least = 500 }
p.least
flights = csv.read "flights.csv"
rows = sql "SELECT distance FROM flights WHERE distance >= $least"
rows = sql "SELECT distance * 2 AS twice FROM rows"
rows
function double(n) return n * 2 end
double(p.least)
:undo
:list
:columns rows
:type rows
:save saved.zpl
:save saved.zpl
:sav
Z2
repl 1 <again
contains out "500"
contains out "1000"
contains out "taken back: [9] double(p.least)"
contains out "twice  Int"
equal "$(grep -c 'params { least = 0 }' out)" 0 "a cell that was replaced is listed"
contains err "there is a file 'saved.zpl' already"
contains err "did you mean ':save'?"
expect 0 zpl run saved.zpl
contains out "3 cached"

# an expression behind a colon may be as long as a cell
echo ":type {$(printf ' 1,%.0s' $(seq 2000))}" >long
repl 0 <long
equal "$(grep -o 1 out | wc -l)" 2000

# what is there once for every item of a list that a step returned
cat >mapped <<'Z2'
flights = csv.read "flights.csv"
pick = step "pick" {
  signature = "(flights: Table {origin: String}) -> (names: List(String))",
  lua = function (flights) return { "JFK", "SFO" } end,
}
names = pick { flights }
names
counts = each(names, function (name)
  return sql "SELECT count(*) AS n, $name AS origin FROM flights WHERE origin = $name"
end)
counts
counts = each(names, function (name) return name end)
counts
Z2
repl 0 <mapped
contains out '{ "JFK", "SFO" }'
contains out "[1]: 1 row"
contains out "[2]: 1 row"
contains out '[2]: "SFO"'

# an effect that is called is done, one that is named waits
cat >effect <<'Z2'
model = xgboost.train { sql "SELECT distance, delay > 15 AS late FROM flights", label = "late", rounds = 2 }
d = deploy { model, name = "named" }
deploy { model, name = "called" }
deploy { model, name = "never", when = 1 == 2 }
Z2
{ echo 'flights = csv.read "flights.csv"'; cat effect; } | repl 0
[ -e .zpl/deployments/called/latest ] || fail "the effect was not done"
[ ! -e .zpl/deployments/named ] || fail "an effect that was only named was done"
[ ! -e .zpl/deployments/never ] || fail "an effect was done whose condition is false"
contains out "skipped"

# a file's names are there, its params can be given, its return is left out
mkdir sub
cat >sub/lib.zpl <<'Z2'
local p = params { minutes = 15 }
local function late(rows) return sql [[ SELECT count(*) AS n FROM rows WHERE delay > $minutes ]] end
local minutes = p.minutes
return { late = late }
Z2
printf 'p.minutes\nflights = csv.read "../flights.csv"\nlate(flights)\nlate = 3\n' >cells2
cp flights.csv sub/
sed -i 's,\.\./,,' cells2
repl 0 sub/lib.zpl --minutes 100000 <cells2
contains out "100000"
contains out "1 row"
cat >sub/use.zpl <<'Z2'
local lib = import "other"
Z2
echo 'return { late = function () return 7 end }' >sub/other.zpl
printf 'lib.late\nlib.late()\n' | repl 0 sub/use.zpl
contains out "a function"
contains out 7
repl 2 sub/lib.zpl --minute 3 </dev/null
repl 2 nowhere.zpl </dev/null
repl 2 sub/lib.zpl:p </dev/null
echo 'local x = nope' >broken.zpl
repl 3 broken.zpl </dev/null
contains err "broken.zpl:1:11: error[E002]"

# a session outside of everything that can be written to still checks and tells
mkdir bare
cd bare
echo '1 + 1' | HOME=/nonexistent repl 0
equal "$(cat out)" 2 "the value"
cd ..

# what people type to leave or to ask, with and without a colon; a name of the session is that name
for word in exit quit 'exit()' ' quit ();' :quit :exit :q; do
    printf '1 + 1\n%s\n2 + 2\n' "$word" | repl 0
    equal "$(cat out)" 2 "what is said before $word"
done
for word in help '?' 'help()' :help :h; do
    printf '%s\n1 + 1\n' "$word" | repl 0
    contains out ":quit"
    equal "$(tail -n 1 out)" 2 "what is said behind $word"
done
printf 'exit = 7\nexit\nhelp = exit\nhelp\n' | repl 0
equal "$(tail -n 1 out)" 7 "a name of the session"

# habits of Python are told as what was typed, not as what a session puts before it
printf 'import pandas as pd\nfrom rows import x\ndef f(x):\n' | zpl repl >out 2>err || true
cat out err >both
grep -q "'return'" both && fail "a word that was not typed is told: $(cat both)"
[ "$(grep -c 'an import is a call' both)" = 2 ] || fail "$(cat both)"
grep -q "a function is written" both || fail "$(cat both)"

# a step by itself: what it takes and gives, one of the program's own as one of zpl's, whatever its name is
printf '%s\n' 'own = step "split" { signature = "(n: Int = 3) -> (m: Int)", lua = function (t) return t.n end }' \
    'own' 'split' >steps.cells
zpl repl <steps.cells >steps.out || fail "a session of steps: $(cat steps.out)"
equal "$(grep -c '^  split (n: Int = 3) -> (m: Int)$' steps.out)" 1 "the step of the program"
equal "$(grep -c '^  split (rows: Table {...r}, ratio: ' steps.out)" 1 "the step of zpl"
