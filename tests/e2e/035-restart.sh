# The machine was started anew after a power loss, which may have torn what was not on the disk: what was
# stored before is read once before it counts.  Without one, what has not its size is made again, and what a
# step is to read is read to its end.                                            Time limit: 60 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3
cat >r.zpl <<'Z'
local p = params { k = 1 }
local file, folder = step "make" { signature = "(n: Int) -> (f: File, d: Dir)", command = { "sh", "-c",
  "echo made $n >$f; mkdir -p $d; echo in $n >$d/in" } } { 7 }
step "use" { signature = "(f: File, d: Dir, k: Int) -> (s: File)", command = { "sh", "-c", "cat $f $d/in >$s; echo $k >>$s" } } { file, folder, p.k }
Z
made() { json out "sorted([s['name'], n, o['digest']] for s in j['steps'] for n, o in s['outputs'].items())"; }
statuses() { json out "[s['status'] for s in j['steps']]"; }
# What the kernel calls this start is not known by another; what is remembered of runs and steps asks for it too.
restart() { sqlite3 .zpl/zpl.db "UPDATE steps SET boot = 'another'; DELETE FROM memo WHERE space IN ('settled', 'made')"; }
object() { # object RUN/STEP/OUTPUT: where its bytes are
    expect 0 zpl show "$1" --json
    echo ".zpl/objects/$(json out "j['digest'][:2] + '/' + j['digest'][2:]")"
}
zero() { # zero FILE: of the same size, as a disk gives what was never written
    chmod u+w "$1"
    head -c "$(wc -c <"$1")" /dev/zero >zeros && cat zeros >"$1"
}

expect 0 zpl run r.zpl --json
wanted=$(made)
file=$(object 1/make/f)
folder=$(object 1/make/d)
used=$(object 1/use/s)

# nothing was lost: nothing is made again, and it is not read a second time
restart
expect 0 zpl run r.zpl --json
equal "$(statuses)" '["cached", "cached"]'
equal "$(sqlite3 .zpl/zpl.db "SELECT count(*) FROM steps WHERE boot IS NOT NULL")" 0

# torn: made again, whatever it is, and the bytes are there then
for torn in "$file" "$folder/in" "$used"; do
    restart
    zero "$torn"
    expect 0 zpl plan r.zpl --json
    json out "[s['why'] for s in j['steps']]" >why
    grep -q "its result is not in the store any more\|not there\|gone" why || cat why
    expect 0 zpl run r.zpl --json
    equal "$(made)" "$wanted"
    [ "$(statuses)" != '["cached", "cached"]' ] || fail "$torn was torn, and nothing is made again"
    expect 0 zpl doctor
done

# without a restart: another size is seen at once
for size in 0 3; do
    chmod u+w "$file"
    head -c $size "$file" >short && cat short >"$file"
    expect 0 zpl run r.zpl --json
    equal "$(statuses)" '["ran", "cached"]'
    expect 0 zpl doctor
done
# the same size is, when a step is to read it: nothing is made of it
zero "$file"
expect 1 zpl run r.zpl --k 2
contains err "$file are not what was stored"
contains err "zpl doctor --repair"
expect 0 zpl doctor --repair
expect 0 zpl run r.zpl --k 2 --json
equal "$(statuses)" '["ran", "ran"]'
expect 0 zpl run r.zpl --json
equal "$(made)" "$wanted"
expect 0 zpl doctor
