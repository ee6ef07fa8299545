# What a person types, mistakes included: each answer says what is wrong and how to go on.
. "$ROOT/tests/lib.sh"
flights flights.csv 500
cat >small.zpl <<'Z'
local p = params { minutes = Int { default = 15, min = 0 }, label = "late" }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > $minutes AS late FROM flights ]]
local train, test = split { rows, ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = p.label, rounds = 5 }
local report = evaluate { model, test }
Z

for command in run check plan why graph runs show diff export gc doctor logs lineage doc version; do
    expect 0 zpl $command --help
    contains out "usage: zpl $command"
    contains out "example:"
done

expect 2 zpl
contains out "usage: zpl COMMAND"
expect 2 zpl rnu small.zpl
contains err 'did you mean `zpl run`'
expect 2 zpl small.zpl
contains err 'zpl run small.zpl'
expect 2 zpl run
contains err "usage: zpl run FILE"
expect 2 zpl run nothere.zpl
contains err "nothere.zpl"
expect 2 zpl run small
contains err "small.zpl"
expect 2 zpl runs
contains err "zpl run FILE"

# params
expect 2 zpl run small.zpl --minutes -1
contains err "E104"
expect 2 zpl run small.zpl --minutes many
contains err "E103"
expect 2 zpl run small.zpl --minuets 3
contains err "did you mean"
expect 2 zpl run small.zpl --jobs 0
contains err "--jobs"
expect 2 zpl plan small.zpl --jobs 2
contains err "no option --jobs"
expect 3 zpl check small.zpl --label lat
contains err "late"

# the file itself
echo 'local x = split { ' >broken.zpl
expect 3 zpl check broken.zpl
contains err "broken.zpl:2:1"
contains err "line 1"
echo 'local m = xgboost.trian { rows }' >unknown.zpl
expect 3 zpl check unknown.zpl
contains err "did you mean 'train'"
echo 'local r = csv.read "none.csv"' >nofile.zpl
expect 3 zpl check nofile.zpl
contains err "none.csv"
contains err "nofile.zpl:1:"

# a run and what can be asked about it
expect 0 zpl run small.zpl
contains out "5 ran"
expect 0 zpl runs
contains out "small"
expect 0 zpl show
contains out "csv.read"
expect 0 zpl show last/evaluate/report --json
[ "$(json out "0 <= j['value']['auc'] <= 1")" = true ] || fail "no auc in the report"
expect 0 zpl logs last/xgboost.train
expect 2 zpl show 99
contains err "there is no run 99"
expect 2 zpl show last/evalute
contains err "did you mean"
expect 0 zpl lineage last/xgboost.train/model
contains out "csv.read"
contains out "read by evaluate"
expect 2 zpl lineage last/split
contains err "which output of step 'split'?"
expect 2 zpl lineage last/split/trian
contains err "did you mean"
expect 0 zpl graph small.zpl
contains out "xgboost.train"
expect 0 zpl graph small.zpl --format mermaid
contains out "flowchart"
expect 0 zpl graph small.zpl --format dot
contains out "digraph"
expect 0 zpl graph small.zpl --json
json out "j['version']" >/dev/null
expect 2 zpl graph small.zpl --format png
contains err "mermaid"
expect 0 zpl doc split
contains out "ratio: Float"
expect 2 zpl doc splt
contains err "did you mean 'split'"
for word in each kfold grid params pipeline sql stack files coalesce mean max min import step; do
    expect 0 zpl doc $word
    contains out "    "
done
expect 0 zpl doc
contains out "kfold "
expect 0 zpl doc kfold --json
equal "$(json out "j['name'], j['version']")" '["kfold", 1]'
for part in last last/split last/split/train; do
    expect 0 zpl show $part --json
    equal "$(json out "j['version']")" 1
done

expect 0 zpl help show
contains out "zpl show"
expect 2 zpl help shwo
contains err "did you mean \`zpl show\`?"

# what is called wrongly with --json says so as JSON, wherever the word stands
for wrong in "show x" "show last --nope" "diff x" "lineage last" "doc nope" "check --explain nope" "run small.zpl --events"; do
    expect 2 zpl ${wrong%% *} --json ${wrong#* }
    equal "$(json out "j['version'], [d['severity'] for d in j['diagnostics']]")" '[1, ["error"]]' "zpl $wrong"
    expect 2 zpl $wrong --json
    equal "$(json out "len(j['diagnostics'])")" 1 "zpl $wrong"
done
expect 0 zpl version
contains out "duckdb 1.4.4"

# a param may have the name of a flag that no command with params has
echo 'local p = params { rows = 5, days = 2 }
local t = sql [[ SELECT i FROM range($rows * $days) t(i) ]]' >named.zpl
expect 0 zpl run named.zpl --rows 7
contains out "14 rows"
echo 'local p = params { jobs = 5 }' >taken.zpl
expect 3 zpl check taken.zpl
contains err "a param can't be called 'jobs'"

# what is to be warned of is said before a run, which may take hours, and once
printf 'step "one" { signature = "() -> (n: Int)", command = { "sh", "-c", "echo 1 >$$0; test -n $$1", "$n", "lib/mising.py" } } {}\n' >warns.zpl
zpl run warns.zpl >both 2>&1 || fail "a warning stops a run: $(cat both)"
head -n 1 both | grep -q 'warning\[E060\]' || fail "the warning does not come first: $(cat both)"
equal "$(grep -c 'warning\[' both)" 1 "how often it is told"
