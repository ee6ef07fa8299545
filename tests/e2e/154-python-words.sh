# What a step in Python is told where something is wrong that people often meet.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
need python3

mkdir -p steps
echo 'K = 1' >steps/helpers.py
echo 'MINE = 1' >steps/colorsys.py
cat >steps/f.py <<'T'
import functools, os
import zpl
from math import sqrt


class Fit:
    pass


double = lambda n: 2 * n
two = functools.partial(int, 2)


def near(n: int) -> int:
    import helprs
    return n


def variable(n: int) -> int:
    return int(os.environ["API_KEY"])


def memory(n: int) -> int:
    raise MemoryError()


def wordy(n: int) -> int:
    raise ValueError("q" * 4000)


class Odd:
    pass


def refused(n: int) -> dict:
    return {"z" * 4000: Odd()}


def loads(n: int) -> int:
    return zpl.load("last/x")


def hides(n: int) -> int:
    import colorsys
    return colorsys.rgb_to_hsv(0, 0, n)


def tables(n: int) -> list["pd.DataFrame"]:
    return []


import pandas as pd
T
checks() { # checks NAME WORDS: when the program is checked
    printf 'step "s" { signature = "(n: Int) -> (m: Int)", python = "steps/f.py:%s" } { n = 1 }\n' "$1" >p.zpl
    expect 3 zpl check p.zpl
    contains err "steps/f.py has '$1' as $2"
}
checks Fit "a class"
checks double "a lambda"
checks two "what a call gives (functools.partial)"
checks sqrt "what it imports from 'math'"
printf 'step "s" { python = "steps/f.py:tables" } { n = 1 }\n' >p.zpl
expect 3 zpl check p.zpl
contains err "a list of what is no value, pandas.DataFrame"

runs() { # runs NAME WORDS: when it runs
    printf 'step "s" { python = "steps/f.py:%s", resources = { memory = "256Mi" } } { n = 1 }\n' "$1" >p.zpl
    sed -i '/pd/d' steps/f.py
    sed -i '/^def tables/,$d' steps/f.py
    expect 1 zpl run p.zpl
    contains err "$2"
}
runs near "did you mean \`import helpers\`?"
runs variable 'vars = { "API_KEY" }'
runs memory "the step may use 256 MiB"
runs loads "a step can't run zpl or load what others made"
runs hides "'steps/colorsys.py' hides Python's own module 'colorsys'"
runs wordy "qqq … (4000 characters, in the log)"
equal "$(grep -c 'q\{301\}' err)" 0 "lines with all of it"
expect 0 zpl logs last/s
# the message, its beginning in the error, and the line that raised it
equal "$(tr -cd q <out | wc -c)" $((4000 + 300 + 1)) "what the log has of it"
# of what zpl itself says of a value as well
printf 'local s = step "s" { python = "steps/f.py:refused" }\nlocal n = s { n = 1 }\n' >p.zpl
expect 1 zpl run p.zpl
contains err "zzz … (40"
expect 0 zpl logs last/s
[ "$(tr -cd z <out | wc -c)" -ge 4000 ] || fail "the log has not all of it"
