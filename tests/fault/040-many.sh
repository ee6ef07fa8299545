# Many runs begin at the same moment over a store that is not there yet.  ZPL_MANY=n: more of them.
# Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
pipeline() { # pipeline FILE OWN: steps that all pipelines have, and one of its own
    cat >"$1" <<Z
local head = step "head" { signature = "(n: Int) -> (f: File)", command = { "sh", "-c", "sleep 0.05; echo head \$n >\$f" } } { 1 }
local left = step "left" { signature = "(n: Int) -> (n2: Int)", lua = function (t) return t.n + 1 end } { 2 }
step "join" { signature = "(f: File, n: Int, own: Int) -> (f2: File)", command = { "sh", "-c", "(cat \$f; echo \$n \$own) >\$f2" } } { head, left, $2 }
Z
}
pipeline same.zpl 0
for n in 1 2 3 4; do pipeline other$n.zpl $n; done
expect 0 python3 "$ROOT/tests/fault/many_runs.py" "$ZPL" "${ZPL_MANY:-64}"
cat out
