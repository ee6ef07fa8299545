# What of the user's files counts for a command: those its words name, anywhere in a word, those it
# declares, folders; and what does not.      Time limit: 120 s
. "$ROOT/tests/lib.sh"

mkdir -p bin conf/deep lib/__pycache__ params
printf 'a\n3\n1\n' >rows.csv
echo '{ print }' >bin/clean.awk
echo 1 >conf.json
echo 1 >lib/tools.py
echo 1 >conf/a
echo 1 >conf/deep/b
echo 1 >params/x
echo 1 >unseen
echo 1 >"with blank"
cat >words.zpl <<'T'
local p = params { settings = Path "params" }
local rows = csv.read "rows.csv"
step "words" {
  signature = "(rows: Table {a: Int}, settings: Path) -> (out: Table {a: Int})",
  command = { "sh", "-c", "awk -f bin/clean.awk $rows.csv > $out.csv; echo >>$$TMPDIR/log.txt", "--config=conf.json,x", "with blank" },
  files = { "lib/tools.py", "conf" },
} { rows, settings = p.settings }
T
again() { # again STATUS WHAT: how the step ends now
    expect 0 zpl run words.zpl --json
    equal "$(status_of out words)" "$1" "after $2 the step"
}
again ran "nothing"
again cached "nothing"
change() { # change FILE: it counts
    echo 2 >>"$1"
    expect 0 zpl why words.zpl words
    contains out "$1"
    again ran "a change to $1"
    again cached "no change"
}
for file in bin/clean.awk conf.json lib/tools.py conf/a conf/deep/b params/x "with blank"; do
    case $file in bin/clean.awk) echo '# 2' >>$file && again ran $file ;; *) change "$file" ;; esac
done
echo 2 >>unseen && echo 2 >conf/.hidden && mkdir conf/__pycache__ && echo 2 >conf/__pycache__/a.pyc
again cached "changes to files that do not count"
echo 1 >conf/new && again ran "a new file in a folder"
rm conf/new && again cached "its end"
sed -i 's/, "conf" }/ }/' words.zpl
expect 0 zpl why words.zpl words
contains out "files: conf is gone"
contains out "file conf/a is gone"
again ran "files declares less"

# one that is named in two ways is one
cat >twice.zpl <<'T'
step "twice" { signature = "(dir: Path) -> (n: Int)", command = { "sh", "-c", "cat conf/a; echo 1 >$n", "conf/a" }, files = { "conf" } } { dir = Path "conf" }
T
expect 0 zpl run twice.zpl
echo 3 >conf/a
expect 0 zpl why twice.zpl twice
equal "$(grep -c conf/a out)" 1 "times that conf/a is told"

# what differs is told by the word
sed -i 's/"with blank"/"with blank", "-v"/; s/conf.json,x/conf.json,y/' words.zpl
expect 0 zpl plan words.zpl
contains out 'command word 4: "--config=conf.json,x" → "--config=conf.json,y"; command word 6 "-v" is new'
sed -i 's/, "-v"//' words.zpl
expect 0 zpl why words.zpl words
contains out 'command word 4: "--config=conf.json,x" → "--config=conf.json,y"'

# a file that the words name is what the command reads: one that changes meanwhile is told
cat >changes.zpl <<'T'
step "changes" { signature = "() -> (n: Int)",
                 command = { "sh", "-c", "echo 1 > $n; echo started; until grep -q more conf.json; do sleep 0.05; done", "conf.json" } } {}
T
zpl run changes.zpl >out 2>err &
pid=$!
started() { [ -n "$(find .zpl/scratch -name 'n.json')" ]; }
wait_for 20 started
echo more >>conf.json
code=0
wait $pid || code=$?
equal "$code" 1 "exit code of a run whose file changed"
contains err "conf.json changed while it was read"
contains err "what a command writes is an output"
