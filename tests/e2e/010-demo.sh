# The demo on three million flights: runs, is done at once the second time, names what an edit
# changes, and refuses a misspelt column before anything runs.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
demo

expect 0 zpl check delays.zpl
contains out "no errors"

expect 0 zpl run delays.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["ran"]' "every step's status"
equal "$(json out "j['status']")" done
equal "$(json out "[s['outputs']['rows']['rows'] for s in j['steps'] if s['name'] == 'parquet.read'][0]")" 3000000
# split is exact, and its parts together are the whole
equal "$(json out "[[o['rows'] for o in s['outputs'].values()] for s in j['steps'] if s['name'] == 'split'][0]")" \
    '[600000, 2400000]' "rows of test and train"
[ "$(json out "[s['outputs']['report']['value']['auc'] for s in j['steps'] if s['name'] == 'evaluate'][0] > 0.6")" = true ] ||
    fail "the model learned nothing"
test -e .zpl/deployments/delays/latest/manifest.json || fail "nothing was deployed"

# nothing changed: nothing runs, and the keys are the same
cp out first
expect 0 zpl run delays.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["cached"]' "every step's status"
equal "$(json out "[s['key'] for s in j['steps']]")" "$(json first "[s['key'] for s in j['steps']]")" "keys"
expect 0 zpl plan delays.zpl
contains out "nothing to run"

# a param changes: plan says what and why, why names it, run agrees
expect 0 zpl plan delays.zpl --minutes 30 --json
equal "$(status_of out parquet.read)" cached
equal "$(status_of out sql)" would_run
equal "$(status_of out split)" unknown
expect 0 zpl why delays.zpl sql --minutes 30
contains out 'minutes: 15 → 30'
equal "$(wc -l <out)" 2 "lines of why"

# a comment, white space and a renamed local change nothing
sed -e 's/local report /local  result /; s/report\.auc/result.auc/; 1i -- another comment' delays.zpl >edited.zpl
mv edited.zpl delays.zpl
expect 0 zpl plan delays.zpl
contains out "nothing to run"

# a misspelt column: caret, did-you-mean, exit code 3, and nothing ran
before=$(zpl runs | wc -l)
sed 's/delay > /dealy > /' delays.zpl >wrong.zpl
expect 3 zpl run wrong.zpl
contains err "wrong.zpl:"
contains err "dealy"
contains err "^^^^^"
contains err "delay"
equal "$(zpl runs | wc -l)" "$before" "number of runs"
