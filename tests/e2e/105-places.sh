# The same files at another place, in another time zone, language, home and working directory, with
# other parallelism: the same graph, the same keys, the same bytes.      Time limit: 120 s
. "$ROOT/tests/lib.sh"

mkdir -p here "there/a [b] {c,d} é" homes/one homes/two elsewhere
there="$PWD/there/a [b] {c,d} é"
flights here/flights.csv 2000
cat >here/places.zpl <<'Z'
local p = params { minutes = Int { default = 15, min = 0 }, day = "2001-03-04" }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, strftime(date, '%A %B') AS name, distance / 7.0 AS far,
                           date_diff('day', date, $day::TIMESTAMP) AS age, upper(origin) AS origin,
                           delay > $minutes AS late FROM flights ]]
local means = sql [[ SELECT origin, avg(far) AS far, count(*) AS n FROM rows GROUP BY origin ]]
local words = step "words" {
  signature = "(rows: Table {far: Float, name: String}) -> (rows: Table {text: String, low: String})",
  lua = function (t)
    local text, low = {}, {}
    for i = 1, #t.rows do
      text[i] = string.format("%.3f", t.rows.far[i]) .. tostring(t.rows.far[i])
      low[i] = t.rows.name[i]:lower():gsub("%a", "%0")
    end
    return { text = text, low = low }
  end,
}
words { rows }
local data = sql [[ SELECT hour, far, age, late FROM rows ]]
local train, test = split { data, stratify = "late", seed = 3 }
local model = xgboost.train { train, label = "late", rounds = 8, subsample = 0.7 }
evaluate { model, test }
predict { model, test }
drift { train, test }
Z
cp here/* "$there"
touch -d '1999-01-01 00:00' "$there/flights.csv"

(
    cd here
    export TZ=Pacific/Kiritimati LC_ALL=C HOME="$TMP/homes/one"
    zpl graph places.zpl --json >../graph.here
    zpl run places.zpl --jobs 1 --json >../run.here
)
(
    cd elsewhere
    export TZ=America/St_Johns LC_ALL=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8 LANG=tr_TR.UTF-8
    export HOME="$TMP/homes/two" TMPDIR="$TMP/homes/two" COLUMNS=40 TERM=xterm NO_COLOR=1 OMP_NUM_THREADS=2
    zpl graph "$there/places.zpl" --json >../graph.there
    zpl run "$there/places.zpl" --jobs 2 --json >../run.there
)

# places in the text are told with the path that was typed; nothing else may differ
sed -i 's|"at": ".*/|"at": "|' graph.there
same_file graph.there graph.here
seen="[(s['name'], s['status'], s['key'], s['outputs']) for s in j['steps']]"
equal "$(json run.here "j['status']")" done
equal "$(json run.there "$seen")" "$(json run.here "$seen")" "names, keys and digests"
test -d here/.zpl && test -d "$there/.zpl" || fail "a store does not stand beside its pipeline"
equal "$(ls -A elsewhere homes/one homes/two | grep -v ':$' | tr -d '\n')" "" "what was left elsewhere"

# the store can be carried to another place
mv "$there" moved
expect 0 zpl run moved/places.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["cached"]' "every step's status"
