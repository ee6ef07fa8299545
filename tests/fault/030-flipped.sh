# A byte of the store is another than it was, or a file is cut off: what is said of it is right, or an error
# that tells what to do.  ZPL_FLIPS=n tries more places, ZPL_FLIPS=all every byte (hours), and
# ZPL_FLIP_SEED=n others.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
need python3
cat >flip.zpl <<'Z'
local p = params { n = 3, last = 1 }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t)
  local all = {}
  for i = 1, 4000 do all[i] = i * t.n end
  return all
end }
local items = list { p.n }
local copy = step "copy" { signature = "(items: List(Int)) -> (f: File, d: Dir)", command = { "sh", "-c",
  "echo copied; (cat $items; echo; echo) >$f; mkdir -p $d/two; echo one >$d/one; echo 2 >$d/two/two" } }
local f, d = copy { items }
step "last" { signature = "(f: File, d: Dir, items: List(Int), k: Int) -> (s: File)", command = { "sh", "-c",
  "echo $k; cat $f $d/one $d/two/two $items | sha256sum >$s" } } { f, d, items, p.last }
Z
expect 0 python3 "$ROOT/tests/fault/flip_any.py" "$ZPL" "${ZPL_FLIPS:-400}" "${ZPL_FLIP_SEED:-1}"
cat out
