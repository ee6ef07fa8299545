# Many processes, one store: the same pipeline at once, and different ones.  Each ends well, each key
# is computed once, and what is kept is what one process alone keeps.
. "$ROOT/tests/lib.sh"
flights flights.csv 20000
pipeline() { # pipeline SEED
    cat <<Z
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows, seed = $1 }
local model = xgboost.train { train, label = "late", rounds = 20 }
evaluate { model, test }
Z
}
for seed in 1 2 3; do pipeline $seed >p$seed.zpl; done

pids=
for n in 1 2 3 4; do
    zpl run p1.zpl --json >same$n.json 2>same$n.err &
    pids="$pids $!"
done
for n in 2 3; do
    zpl run p$n.zpl --json >other$n.json 2>other$n.err &
    pids="$pids $!"
done
for pid in $pids; do wait $pid || fail "one of them ended with $?: $(cat ./*.err)"; done

digests="[[o['digest'] for o in s['outputs'].values()] for s in j['steps']]"
ran="sorted(s['name'] for s in j['steps'] if s['status'] == 'ran')"
mkdir alone
cp flights.csv p?.zpl alone
for seed in 1 2 3; do (cd alone && zpl run p$seed.zpl --json >../alone$seed.json); done
for n in 1 2 3 4; do
    equal "$(json same$n.json "$digests")" "$(json alone1.json "$digests")" "digests of same$n"
    json same$n.json "$ran"
done | tr -d '[]" ' | tr ',' '\n' | grep . | sort >ran
for n in 2 3; do
    equal "$(json other$n.json "$digests")" "$(json alone$n.json "$digests")" "digests of other$n"
done
equal "$(sort -u ran)" "$(cat ran)" "what ran in the four runs of one pipeline"
expect 0 zpl runs --json
equal "$(json out "sorted(r['status'] for r in j['runs'])")" '["done", "done", "done", "done", "done", "done"]'
