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


def late(n: int) -> int:
    import time
    time.sleep(60)


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

says() { # says CODE WORDS...: a check of two steps by steps/g.py ends so, and says this once
    printf 'local s = step "s" { python = "steps/g.py:a" }\nlocal t = step "t" { python = "steps/g.py:a" }\ns { n = 1 }\n' >p.zpl
    expect "$1" zpl check p.zpl
    shift
    for words; do
        contains err "$words"
        equal "$(grep -cF -- "$words" err)" 1 "how often it says '$words'"
    done
}
# what the file can't be read by is told once, whatever steps name it
printf 'def a(n: int) -> int\n    return n\n' >steps/g.py
says 3 "steps/g.py is no Python" "steps/g.py:1:21"
printf '# coding: latin-1\nS = "caf\351"\ndef a(n: int) -> int: return n\n' >steps/g.py
says 3 "it is in latin-1, and zpl reads UTF-8: save it as UTF-8"
printf 'import zpl\n@zpl.step((n: Int) -> (m: Int))\ndef a(n): return n\n' >steps/g.py
says 3 'a signature is a text, @zpl.step("(…) -> (…)")'
# so is an import that fails if it is made
printf 'import broken\ndef a(n: int) -> int: return n\n' >steps/g.py
printf 'K = 1\ndef b(n) return n\n' >steps/broken.py
says 0 "steps/g.py imports steps/broken.py, which is no Python: "
contains err "(2:10)"
expect 1 zpl run p.zpl
contains err "steps/broken.py:2: the import for a() raised SyntaxError: "
printf 'import sys\nK = sys.exit(3)\n' >steps/broken.py
expect 1 zpl run p.zpl
contains err "steps/broken.py:2: the import for a() called sys.exit(3)"
printf 'from .helpers import K\ndef a(n: int) -> int: return n\n' >steps/g.py
says 0 "steps/g.py imports '.helpers' in line 1, and is in no package: name it without dots"
printf 'try:\n    from .helpers import K\nexcept ImportError:\n    from helpers import K\ndef a(n: int) -> int: return n\n' >steps/g.py
says 0
equal "$(cat err)" "" "what is said of a file that tries both ways"
signs() { # signs WORDS TEXT: of what a function says of itself
    printf '%b' "$2" >steps/g.py
    printf 'local s = step "s" { python = "steps/g.py:a" }\n' >p.zpl
    expect 3 zpl check p.zpl
    contains err "$1"
}
signs "note: the function says (n: Itn) -> (m: Int)" 'import zpl\n@zpl.step("(n: Itn) -> (m: Int)")\ndef a(n): return n\n'
signs "parameter 'k' is Optional(Int), as zpl writes it: in Python it is int | None" 'def a(k: "Optional(Int)") -> int: return 1\n'
signs "parameter 'k' is List(Float), as zpl writes it: in Python it is list[float]" 'def a(k: "List(Float)") -> int: return 1\n'
signs 'a V, which a materialiser keeps: say as what, Annotated[V, "File"]' \
    'import zpl\n@zpl.materialiser\nclass V: pass\ndef a(n: int) -> V: return V()\n'

runs() { # runs NAME WORDS [MORE]: when it runs
    printf 'step "s" { python = "steps/f.py:%s", resources = { memory = "256Mi" }%s } { n = 1 }\n' "$1" "${3-}" >p.zpl
    sed -i '/pd/d' steps/f.py
    sed -i '/^def tables/,$d' steps/f.py
    expect 1 zpl run p.zpl
    contains err "$2"
}
runs late "it was not ready after its time limit of 1.0 s" ', timeout = "1s"'
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
