# Whatever can't be written when a function of Python is called, alone, by a process that is kept, or in a gang: the
# run ends, and nothing waits for a message that will not come.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
with_oracle
cat >f.py <<'T'
def f(i: int) -> int:
    return i
T
say() { # say NAME MORE
    echo "step \"f\" { signature = \"(i: Int) -> (n: Int)\", python = \"f.py:f\" $2 } { 1 }" >"$1.zpl"
    expect 0 zpl run "$1.zpl"
}
say kept ""
say alone ", network = true"
say gang ", resources = { workers = 4 }"
for name in kept alone gang; do
    for kind in write fork read; do
        for n in 2 3 4 5 6 7 8 9; do
            run env ZPL_FAULT="$kind:$n" timeout 40 zpl run "$name.zpl" --no-cache
            [ "$code" != 124 ] || fail "with ZPL_FAULT=$kind:$n the run of $name does not end"
            [ "$code" != 0 ] || continue
            contains err error
        done
    done
    expect 0 zpl run "$name.zpl" --no-cache
    equal "$(ls .zpl/scratch)" guard "what $name left in scratch"
done
