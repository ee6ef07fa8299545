# A session at a terminal: prompts, lines that go on, a word that Tab completes, a history that outlives the
# session and is for nobody else, and Ctrl-C that gives up the line or the step, never the session.      Time limit: 200 s
. "$ROOT/tests/lib.sh"
need tmux
flights flights.csv 50

term() { tmux -S "$TMP/tmux" -f /dev/null "$@"; }
trap 'cat screen 2>/dev/null; term kill-server 2>/dev/null || true' EXIT
screen() { term capture-pane -p -t t >screen; }
shows() { screen && grep -qE -- "$1" screen; }
type() { term send-keys -t t -l "$1" && term send-keys -t t Enter; }
keys() { term send-keys -t t "$@"; }
session() { pgrep -P "$(term list-panes -t t -F '#{pane_pid}')" -x zpl; }
gone() { ! session >/dev/null; }

term new-session -d -s t -x 100 -y 40 "env PS1='ready>' bash --norc --noprofile"
wait_for 20 shows 'ready>'
type "zpl repl"
wait_for 20 shows '^\[1\]>'

# types at once; a text goes on until it is whole
type 'flights = csv.read "flights.csv"'
wait_for 20 shows '^flights: Table'
type 'rows = sql [['
wait_for 20 shows '^…'
type '  SELECT distance, delay FROM flights'
type ']]'
wait_for 20 shows '^rows: Table \{distance: Int, delay: Int\}'

# Tab: a name of the session, then the columns of it; the value is computed with a line for its step
keys -l 'row'
keys Tab
wait_for 20 shows '> rows$'
keys -l '.d'
keys Tab
wait_for 20 shows 'rows\.delay +rows\.distance'
keys -l 'el'
keys Tab
wait_for 20 shows '> rows\.delay$'
keys Enter
wait_for 20 shows 'ran +sql'
wait_for 20 shows '^  50 rows'

# Ctrl-C gives up a line, and a text that goes on
keys -l 'nonsense('
keys C-c
type 'x = {'
wait_for 20 shows '^… ?$'
keys C-c
type '20 + 22'
wait_for 20 shows '^42$'
! shows 'error' || fail "a line that was given up was entered"

# Ctrl-C ends a step, also when it is said more than once; the session goes on and knows what it knew
type 'p = params { n = 400000000 }'
type 'slow = sql [[ SELECT sum(sin(i::DOUBLE) * cos(i * 2.0)) AS slow FROM range($n) t(i) ]]'
wait_for 20 shows '^slow: Table'
type 'slow'
wait_for 60 shows 'running'
keys C-c
wait_for 60 shows '^interrupted'
type '#"abcde" + 100'

wait_for 20 shows '^105$'
keys C-l
type 'slow'
wait_for 60 shows 'running'
keys C-c
keys C-c
keys C-c
wait_for 60 shows '^interrupted'
type 'rows'
wait_for 20 shows '^  50 rows'
expect 0 zpl runs
contains out cancelled

# a window that became narrow
term resize-window -t t -x 50 -y 40
type ':columns rows'
wait_for 20 shows 'distance +Int'

# Ctrl-D ends it; the next session has its lines, which are nobody else's
keys C-d
wait_for 20 gone
equal "$(stat -c %a .zpl/repl_history)" 600 "who can read the history"
contains .zpl/repl_history '20 + 22'
type "clear; zpl repl; echo code \$?"
wait_for 20 shows '^\[1\]>'
keys Up
wait_for 20 shows '> :columns rows'
keys C-u
type 'rows'
wait_for 20 shows 'unknown name'
type ':quit'
wait_for 20 shows '^code 0'

# a terminal that can't move its cursor has plain prompts
type "clear; TERM=dumb zpl repl"
wait_for 20 shows '^\[1\]>'
type '6 * 7'
wait_for 20 shows '^42$'
keys C-d
wait_for 20 gone

# a signal to end ends it, with its history
type "clear; zpl repl"
wait_for 20 shows '^\[1\]>'
type '"remember" .. "me"'
wait_for 20 shows '^"rememberme"'
kill -TERM "$(session | head -n 1)"
wait_for 20 gone
contains .zpl/repl_history '"remember" .. "me"'
