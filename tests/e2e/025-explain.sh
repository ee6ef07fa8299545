# Every code explains itself; docs/errors.md is what the program says; a wrong example of an explanation
# is told with that code and the right one beside it is not.
. "$ROOT/tests/lib.sh"
expect 0 zpl check --explain all
same_file out "$ROOT/docs/errors.md"
grep -o ', "E[0-9]*", ' "$ROOT/lang/base/codes.h" | tr -d '", ' | grep -v E000 >codes
for code in $(cat codes); do
    zpl check --explain $code >one
    [ -n "$(sed -n 3p one)" ] || fail "$code has no explanation"
done
zpl check --explain e014 --json >one
equal "$(json one "j['code']")" E014
expect 2 zpl check --explain E999
contains err "no code 'E999'"

flights flights.csv 50
cat >head.zpl <<'Z'
local hour = 3
local rows = csv.read "flights.csv"
local data = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
local model = xgboost.train { data, label = "late", rounds = 2 }
local report = evaluate { model, data, as = "first", allow = { leak = { "test" } } }
Z
tried=0
while IFS= read -r line; do
    case $line in
    '## E'*) about=$(echo "$line" | sed 's/## \(E[0-9]*\).*/\1/') ;;
    '    '*'-- wrong'* | '    '*'-- right'*)
        {
            cat head.zpl
            echo "$line" | sed 's/ -- .*//; s/{ model, rows }/{ model, data }/; s/"f.csv"/"flights.csv"/
                                s/deploy { model/deploy { model, name = "m"/; s/local flights/local other/'
        } >try.zpl
        run zpl check try.zpl
        case $line in
        *'-- wrong'*) contains err "error[$about]" ;;
        *) equal "$code" 0 "the exit code of the right '$line'" ;;
        esac
        tried=$((tried + 1))
        ;;
    esac
done <"$ROOT/docs/errors.md"
[ $tried -ge 10 ] || fail "only $tried examples were tried"
