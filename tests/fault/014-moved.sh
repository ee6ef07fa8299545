# A run whose steps moved, in which one call fails: the first memory or database call, the second, and so on.  It says why,
# or all steps are done; and whatever is told of a run then and afterwards, its steps stand where they stood for it.
# Time limit: 180 s
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/fault/sweep.sh"
need python3 sqlite3
cat >p.zpl <<'Z'
local p = params { n = 2 }
local one = step "one" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n end }
one { p.n }
for i = 1, 3 do one { i } end
Z
expect 0 zpl run p.zpl
sed -i '2i -- a line' p.zpl
mv .zpl before
stood() { # of each step its line, asked some thousand times: no Python
    sed -n 's/^ *"line": \([0-9]*\).*/\1/p' "$1" | tr '\n' ' '
}
was='3 4 4 4 ' is='4 5 5 5 '
recalled=0
for kind in alloc sqlite; do
    n=0 quiet=0 failures=0
    while [ $quiet -lt 2 ]; do
        rm -rf .zpl
        cp -r before .zpl
        fails ZPL_TRACE=1 ZPL_FAULT=$kind:$n zpl run p.zpl --json
        [ -n "$came" ] && quiet=0 || quiet=$((quiet + 1))
        fault="ZPL_FAULT=$kind:$n"
        if [ "$code" = 0 ]; then
            equal "$(stood out)" "$is" "where steps stand, with $fault"
            if grep -q 'of the graph: recalled' err; then recalled=$((recalled + 1)); fi
        else
            failures=$((failures + 1))
            grep -q 'error\[E[0-9]*\]: .*[a-z]' err || fail "$fault: ended with $code and said '$(cat err)'"
        fi
        expect 0 zpl run p.zpl --json
        equal "$(stood out)" "$is" "where steps stand in a run after $fault"
        sqlite3 .zpl/zpl.db "SELECT id FROM runs WHERE id > 1 AND status = 'done'" >runs
        while read -r id; do
            expect 0 zpl show "$id" --json
            equal "$(stood out)" "$is" "where steps stood in run $id after $fault"
        done <runs
        expect 0 zpl show 1 --json
        equal "$(stood out)" "$was" "where steps stood in the first run after $fault"
        n=$((n + 1))
        case $kind in alloc) [ $n -le 20 ] || n=$((n + n / 10)) ;; esac
    done
    [ $failures -gt 0 ] || fail "$kind: no call ever failed"
    echo "$kind: $failures failures, up to $n"
done
[ $recalled -gt 20 ] || fail "only $recalled runs were recalled"
