# A program whose steps only moved, as after a line before them all, is not planned: its graph and plan are those of the run
# before, and only its places are new.  Whatever shows a place shows that of the run which it is about.   Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3

mkdir lib
cat >lib/twice.zpl <<'Z'
local twice = step "twice" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n * 2 end }
return { twice = function (n)
  return twice { n }
end }
Z
cat >p.zpl <<'Z'
local p = params { most = 3, fail = false }
local twice = (import "lib/twice.zpl").twice
local add = step "add" { signature = "(a: Int, fail: Bool) -> (b: Int)", lua = function (t)
  if t.fail then error("refused") end
  return t.a + 1 end }
local list = step "list" { signature = "(n: Int) -> (n: List(Int))", lua = function (t) return { t.n, 2 } end }
local x = 1
for i = 1, 4 do x = add { x, fail = p.fail } end -- add
list { 7 } -- lone
local y = twice(x)
local items = list { y } -- list
each(items, function (k)
  add { k, fail = false } -- each
end)
local rows = sql [[ SELECT $y AS y ]] -- sql
Z
# Where each step stands, looked up in the texts: a JSON list of [name, file, line].
cat >stand.py <<'P'
import json, sys
own, lib = (open(name).read().split("\n") for name in ("p.zpl", "lib/twice.zpl"))
line = lambda text, what: [i + 1 for i, t in enumerate(text) if what in t][0]
told = [[f"add#{i}", None, line(own, "-- add")] for i in range(1, 5)]
told += [["list#1", None, line(own, "-- lone")], ["twice", "lib/twice.zpl", line(lib, "return twice {")], ["list@items", None, line(own, "-- list")],
         ["add[*]", None, line(own, "-- each")], ["sql", None, line(own, "-- sql")]]
print(json.dumps(told))
P
shown() { zpl show "$1" --json >shown.json && json shown.json "[[s['name'], s.get('file'), s['line']] for s in j['steps']]"; }
# What SQL gives, read as docs/graph.md says.
kept() {
    sqlite3 .zpl/zpl.db "SELECT json_object('graph', json(graph), 'places', json(places)) FROM run_texts WHERE run = $1" >kept.json
    python3 -S - <<'P'
import json
kept = json.load(open("kept.json"))
files, lines, out = kept["places"]["files"], {}, []
names = iter([n["name"] for n in kept["graph"]["nodes"]])
for entry in kept["places"]["nodes"]:
    for _ in range(entry.get("count", 1)):
        file = entry.get("file", 0)
        lines[file] = lines.get(file, 0) + entry.get("lines", 0)
        out.append([next(names), files[file - 1] if file else None, lines[file]])
assert next(names, None) is None and all("at" not in n for n in kept["graph"]["nodes"])
print(json.dumps(out))
P
}
# once RUN HOW: the run has that number and came to its end so; everything tells where its steps stand.
once() {
    ZPL_TRACE=1 zpl run p.zpl --json >now.json 2>trace || fail "$(cat trace)"
    equal "$(json now.json "j['run']")" "$1"
    equal "$(sed -n 's/^trace[a-z ]*: \([a-z]*\).*/\1/p' trace | tail -1)" "$2" "how run $1 came to its end"
    python3 -S stand.py >"stood.$1"
    equal "$(json now.json "[[s['name'], s.get('file'), s['line']] for s in j['steps']]")" "$(cat "stood.$1")" "run $1 as it went"
    told "$1"
}
# told RUN...: what is told of a run now is where its steps stood then.
told() {
    for run; do
        equal "$(shown "$run")" "$(cat "stood.$run")" "what zpl show tells of run $run"
        equal "$(kept "$run")" "$(cat "stood.$run")" "what the store has of run $run"
    done
}
texts() { sqlite3 .zpl/zpl.db "SELECT count(DISTINCT graph), count(DISTINCT plan), count(DISTINCT places) FROM runs WHERE id IN ($1)"; }

once 1 planned
once 2 recalled
sed -i '1i -- a line\n\n-- another' p.zpl
once 3 recalled
contains trace "trace of the graph: recalled"
once 4 recalled
contains trace "trace: recalled"
sed -i '/^local x/i -- between' p.zpl
once 5 recalled
contains trace "trace of the graph: recalled"
sed -i '1d' p.zpl
once 6 recalled
told 1 2 3 4 5 6
equal "$(texts 2,3,4,5,6)" "1|1|4"
expect 0 zpl show 3/add#1
contains out ", line $(json stood.3 'j[0][2]')"
expect 0 zpl show 1/twice
contains out "lib/twice.zpl:3"
expect 0 zpl show '5/add[2]' --json
equal "$(json out "j['line']")" "$(json stood.5 'j[7][2]')"
# back at the first text, it is recalled as what it was
cp p.zpl moved.zpl
sed -i '/^-- a/d; /^$/d; /^-- between/d' p.zpl
once 7 recalled
contains trace "trace: recalled"
equal "$(cat stood.7)" "$(cat stood.1)"

# a line in an import, and in the program too; not what changes a step
cp lib/twice.zpl twice.before
sed -i '1i -- a line' lib/twice.zpl
once 8 recalled
contains trace "trace of the graph: recalled"
once 9 recalled
contains trace "trace: recalled"
expect 0 zpl show 9/twice
contains out "lib/twice.zpl:4"
imported() { sqlite3 .zpl/zpl.db "SELECT json_extract(places, '\$.imports[0].digest') FROM run_texts WHERE run = $1"; }
equal "$(imported 9)" "$(sha256sum <lib/twice.zpl | cut -c1-64)"
equal "$(imported 7)" "$(sha256sum <twice.before | cut -c1-64)"
sed -i '1i -- a line' p.zpl
sed -i '1i -- a line' lib/twice.zpl
once 10 recalled
sed -i 's/t.n \* 2 /t.n * 2 + 0 /' lib/twice.zpl
once 11 planned
sed -i 's/t.n \* 2 + 0 /t.n * 2 /' lib/twice.zpl
once 12 recalled
contains trace "trace of the graph: recalled"

# a step that is edited beside: plan and run tell the new places, and only those pieces are new that differ
sed -i 's/t.a + 1/t.a + 1 + 0/; 1i -- a line' p.zpl
expect 0 zpl plan p.zpl --json
equal "$(json out "[[s['name'], s.get('file'), s['line']] for s in j['steps']]")" "$(python3 -S stand.py)"
once 13 planned
# a run of some of the steps
sed -i '1i -- a line' p.zpl
expect 0 zpl run p.zpl --only sql --json
equal "$(json out "[[s['name'], s.get('file'), s['line']] for s in j['steps']]")" "$(json out "[p for p in $(python3 -S stand.py | sed 's/null/None/g') if p[0] in [s['name'] for s in j['steps']]]")"
equal "$(shown 14)" "$(json out "[[s['name'], s.get('file'), s['line']] for s in j['steps']]")"
lacks out "list#1"
# an error is told where the step stands now, of this run; of that one as it was
expect 1 zpl run p.zpl --fail true --json
at=$(grep -n -- '-- add' p.zpl | cut -d: -f1)
contains err "p.zpl:$at:"
sed -i '1i -- a line\n-- and one' p.zpl
expect 1 zpl run p.zpl --fail true
contains err "p.zpl:$((at + 2)):"
for run in 15 16; do
    equal "$(shown $run >/dev/null; json shown.json "j['steps'][0]['line']")" "$((at + run * 2 - 30))"
done

# of a text that is another by a comment no line a step is kept once more
cat >many.zpl <<'Z'
local one = step "one" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n end }
one { 1 } one { 1 } one { 1 } one { 1 } one { 1 } one { 1 } one { 1 } one { 1 } one { 1 } one { 1 }
for i = 1, 90 do one { 1 } end
Z
kept_bytes() { sqlite3 .zpl/zpl.db "SELECT sum(length(data)) FROM memo WHERE space = 'settled'"; }
zpl run many.zpl >/dev/null
first=$(kept_bytes)
for i in 1 2 3; do
    echo "-- $i" >>many.zpl
    ZPL_TRACE=1 zpl run many.zpl >/dev/null 2>trace
    contains trace "trace of the graph: recalled"
done
[ $(($(kept_bytes) - first)) -lt 1500 ] || fail "three comments made it $(($(kept_bytes) - first)) bytes more"
rm many.zpl

# what is kept stays what it was, and what is not goes
told 1 2 3 4 5 6 7 8 9 10 11 12 13
expect 0 zpl doctor
expect 0 zpl reproduce 3
expect 0 zpl gc --keep 8
told 11 12 13
equal "$(sqlite3 .zpl/zpl.db 'SELECT count(*) FROM texts WHERE digest NOT IN (SELECT plan FROM runs WHERE plan IS NOT NULL UNION SELECT graph FROM runs UNION SELECT places FROM runs)')" 0
cp moved.zpl p.zpl
once 21 planned

# and so it is after any edits
mkdir walk
cd walk
python3 "$ROOT/tests/e2e/moved_property.py" 1 60
