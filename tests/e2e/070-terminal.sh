# What a person at a terminal sees: one live line a running step, nothing left of it afterwards, no
# colours where they are not wanted, and Ctrl-C that ends the run but not the store.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need tmux

cat >slow.zpl <<'Z'
local p = params { rows = 20000000 }
local few = sql [[ SELECT i AS few FROM range(10) t(i) ]]
local slow = sql [[ SELECT sum(sin(i::DOUBLE) * cos(i * 2.0)) AS slow FROM range($rows) t(i), few ]]
Z
term() { tmux -S "$TMP/tmux" -f /dev/null "$@"; }
trap 'term kill-server 2>/dev/null || true' EXIT
screen() { term capture-pane -p -t t >screen; }
shows() { screen && grep -qE -- "$1" screen; }
type() { term send-keys -t t "$1" Enter; }
prompt() { shows '^ready>$'; }
gone() { ! pgrep -f "zpl run slow.zpl" >/dev/null; }

term new-session -d -s t -x 100 -y 30 "env PS1='ready>' bash --norc --noprofile"
wait_for 10 shows 'ready>'

# a running step has a line with its time, also after the window became narrow
type "clear; zpl run slow.zpl"
wait_for 20 shows 'ran +few|ran +sql'
wait_for 20 shows 'slow|sql@slow'
term resize-window -t t -x 40 -y 30
sleep 0.5
term send-keys -t t C-c
wait_for 20 shows 'cancelled in'
wait_for 10 gone
screen
equal "$(grep -cE '^  running' screen)" 0 "running lines left on the screen"
expect 0 zpl runs
contains out cancelled
expect 0 zpl run slow.zpl --rows 10
contains out "1 ran, 1 cached"

# twice Ctrl-C does not wait
term resize-window -t t -x 100 -y 30
type "clear; zpl run slow.zpl --rows 20000001"
wait_for 20 shows 'running'
term send-keys -t t C-c
term send-keys -t t C-c
wait_for 5 gone

# colours: on a terminal, not with NO_COLOR, not in a pipe
escapes() { # escapes FILE: how many escape characters
    tr -cd '\033' <"$1" | wc -c
}
term pipe-pane -t t "cat >$TMP/raw"
type "clear; zpl check slow.zpl; zpl run slow.zpl --rows 10"
wait_for 10 shows 'cached in|2 cached'
[ "$(escapes raw)" -gt 4 ] || fail "no colours on a terminal"
zpl run slow.zpl --rows 10 >piped 2>&1
equal "$(escapes piped)" 0 "escape characters in a pipe"
type "clear; NO_COLOR=1 script -qec 'zpl run slow.zpl --rows 10' plain >/dev/null; echo over"
wait_for 10 shows '^over'
! grep -q "$(printf '\033')\[[0-9;]*m" plain || fail "NO_COLOR has colours: $(cat -v plain)"

# Narrow windows, names in wide characters, more steps than lines: a moving line is one line of the window,
# whatever size it gets while it runs, and none is left behind.
cat >naps.zpl <<'Z'
local p = params { s = "2" }
local function nap(name)
  return step(name) { signature = "(s: String) -> (t: String)",
    command = { "sh", "-c", "sleep $$1; echo \"\\\"$$2\\\"\" > $$0", "$t", "$s", name } } { p.s }
end
nap("データを読み込む段階の名前がとても長い")
nap("🚀launch_model_to_the_moon")
nap("a_rather_long_name_of_a_step_that_is_wide")
nap("short")
Z
naps() { # naps COLUMNS LINES ARGUMENTS: a new window in which they run
    term kill-server 2>/dev/null || true
    sleep 0.5
    LC_ALL=C.UTF-8 term -u new-session -d -s t -x "$1" -y "$2" \
        "env LC_ALL=C.UTF-8 PS1='ready>' bash --norc --noprofile"
    wait_for 10 shows 'ready>'
    shift 2
    type "clear; zpl run naps.zpl --jobs 4 $*"
}
# running N: exactly so many lines say that a step runs, and every line begins as one of a step
running() {
    screen && [ "$(grep -c '^  running' screen)" = "$1" ] &&
        ! grep -v '^$' screen | grep -qvE '^  (ran|running) +[^ ]'
}
for columns in 20 40 61; do
    naps $columns 20 --s 1.$columns
    wait_for 10 running 4
    sleep 0.5
    running 4 || fail "a window of $columns columns: $(cat screen)"
    wait_for 10 prompt
    screen
    equal "$(grep -c '^  ran ' screen)" 4 "lines of steps that ran"
    equal "$(grep -c '^  running' screen)" 0 "running lines left on the screen"
done

naps 90 20 --s 5
wait_for 10 running 4
for columns in 20 70 33; do
    term resize-window -t t -x $columns -y 20
    wait_for 5 running 4
done
wait_for 20 prompt
equal "$(grep -c '^  running' screen)" 0 "running lines left on the screen"

# of four that run a window of four lines shows one, and how many more there are
naps 50 4 --s 2.4
wait_for 10 shows '^  running +… 3$'
left() { term display-message -p -t t '#{history_size}'; }
before=$(left)
sleep 0.6
equal "$(left)" "$before" "lines that have left the screen"
wait_for 10 prompt

# a step that another run makes just now is waited for, which is told
printf 'step "slow" { signature = "() -> (t: Int)", command = { "sh", "-c", "sleep 3; echo 1 > $$0", "$t" } } {}\n' >slow.zpl
naps 60 20 --s 0.2
wait_for 10 prompt
zpl run slow.zpl >/dev/null &
sleep 0.5
type "clear; zpl run slow.zpl"
wait_for 5 shows '^  waiting +slow +for another run, which makes it$'
wait $!
wait_for 10 prompt
lacks screen waiting
shows '^  cached +slow' || fail "what another run made: $(cat screen)"

# of a map one line tells how many of its items are done, and is gone at the end
cat >items.zpl <<'Z'
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) local x = {} for i = 1, t.n do x[i] = i end return x end }
local nap = step "nap" { signature = "(k: Int) -> (t: Int)", command = { "sh", "-c", "sleep 0.$$1; echo $$1 > $$0", "$t", "$k" } }
each(list { 9 }, function (k) return nap { k } end)
Z
naps 60 20 --s 0.1
wait_for 10 prompt
type "clear; zpl run items.zpl --jobs 2"
wait_for 10 shows '^  running +each +[3-8] of 9 items are done$'
wait_for 20 prompt
screen
lacks screen "items are done"
equal "$(grep -cE '^  ran +nap\[\*\] +9 items$' screen)" 1 "the line of all items"

# a terminal that can't move its cursor gets each line once
TERM=dumb script -qec "zpl run naps.zpl --s 0" dumb >/dev/null
equal "$(tr -d '\r' <dumb | grep -c '^  ran ')" 4
equal "$(grep -c running dumb)" 0
equal "$(escapes dumb)" 0 "escape characters on a dumb terminal"
