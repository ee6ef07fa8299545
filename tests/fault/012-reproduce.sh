# A run done again in which one call fails: it says why, or that its step failed; it never says of a step that
# it differs or can't be done again, and the store stays as it was.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/fault/sweep.sh"
need sqlite3

printf 'x,y\n1,2\n2,3\n3,4\n' >rows.csv
cat >again.zpl <<'Z'
local rows = csv.read "rows.csv"
local few = sql [[ SELECT x * 2 AS d FROM rows ]]
local list = step "list" { signature = "() -> (items: List(Int))", lua = function (t) return { 1, 2 } end }
local add = step "add" { signature = "(k: Int) -> (n: Int)", lua = function (t) return t.k + 1 end }
local all = each(list {}, function (k) return add { k } end)
local low = sql [[ SELECT min(d) AS d FROM few ]]
add { max(all), as = "most" }
Z
state() {
    sqlite3 .zpl/zpl.db "SELECT count(*) FROM runs; SELECT count(*) FROM steps; SELECT digest FROM outputs"
    find .zpl/objects -type f | LC_ALL=C sort
}
expect 0 zpl run again.zpl
expect 0 zpl reproduce
state >before

# again KIND: N = 0, 1, 2 … (memory: each to 40, then about one in twelve) until no N-th call comes, twice
again() {
    n=0 quiet=0 failures=0
    while [ $quiet -lt 2 ]; do
        fails ZPL_FAULT="$1:$n" zpl reproduce --json
        [ -n "$came" ] && quiet=0 || quiet=$((quiet + 1))
        case $code in
        0) ;;
        1 | 2 | 4)
            failures=$((failures + 1))
            grep -q 'error\[E[0-9]*\]: .*[a-z]\|out of memory' err || grep -q '"status": "failed"' out ||
                fail "$1:$n: ended with $code and said '$(cat err)'"
            ;;
        *) fail "$1:$n: ended with $code and said '$(cat err)'" ;;
        esac
        for word in differs impossible undone; do lacks out "\"status\": \"$word\""; done
        state >after
        same_file after before
        n=$((n + 1))
        [ "$1:$((n > 40))" != alloc:1 ] || n=$((n + n / 12))
    done
    [ $failures -gt 0 ] || fail "$1: no call ever failed"
    echo "$1: $failures failures, up to $n"
}
for kind in sqlite open read write fork alloc; do again $kind; done
equal "$(find .zpl/scratch -type f ! -name guard)" "" "what is left in scratch"
