# Steps that are functions of Python: what they are given and give back, what counts for them and what does not,
# and how each way to fail is told.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
with_oracle

cat >rows.csv <<'T'
a,b,name,day
3,0.5,x,2026-01-03
1,0.25,y,2026-01-01
2,,z,2026-01-02
T
mkdir -p steps lib
cat >lib/scale.py <<'T'
# a helper
def scale(x, k):
    return x * k
T
: >lib/__init__.py
cat >steps/tidy.py <<'T'
import pandas as pd
from lib.scale import scale


def tidy(rows: pd.DataFrame, k: int = 2) -> tuple[pd.DataFrame, dict]:
    """Sorts, and adds a column."""
    print("columns", list(rows.columns), {c: str(t) for c, t in rows.dtypes.items()})
    out = rows.sort_values("a")[["a"]].copy()
    out["twice"] = scale(out["a"], k)
    return out, {"n": len(rows), "mean": float(rows["b"].mean())}
T
cat >tidy.zpl <<'T'
local p    = params { k = 2 }
local rows = csv.read "rows.csv"
local tidy = step "tidy" {
  signature = "(rows: Table {b: Float, a: Int}, k: Int) -> (out: Table {a: Int, twice: Int}, info: Report {n: Int, mean: Float})",
  python    = "steps/tidy.py:tidy",
}
local out, info = tidy { rows, k = p.k }
local sum = sql [[ SELECT sum(twice) AS twice FROM out ]]
T
expect 0 zpl run tidy.zpl --json
equal "$(status_of out tidy)" ran
equal "$(json out "[s['outputs']['info']['value'] for s in j['steps'] if s['name'] == 'tidy'][0]")" '{"mean": 0.375, "n": 3}'
expect 0 zpl logs 1/tidy
contains out "columns ['b', 'a'] {'b': 'float64', 'a': 'int64'}"
expect 0 zpl export 1/tidy/out out.csv
equal "$(cat out.csv)" "a,twice
1,2
2,4
3,6"

# what counts, and what does not
again() { # again STATUS: how the step tidy ends now
    expect 0 zpl run tidy.zpl --json
    equal "$(status_of out tidy)" "$1" "after a change the step tidy"
}
again cached
echo '# a comment' >>steps/tidy.py && again cached
sed -i 's/# a helper/# another/; s/x \* k/x  *  k/' lib/scale.py && again cached
sed -i 's/name/called/' rows.csv && again cached
sed -i 's/x  \*  k/k * x * 1/' lib/scale.py
expect 0 zpl why tidy.zpl tidy
contains out "lib/scale.py"
lacks out "steps/tidy.py"
again ran
expect 0 zpl why tidy.zpl tidy --k 3
contains out "k: 2 → 3"
sed -i 's/python    = "steps/python = "steps/' tidy.zpl && again cached
sed -i 's/tidy.py:tidy",/tidy.py:tidy", vars = { X = "1" },/' tidy.zpl
expect 0 zpl plan tidy.zpl --json
equal "$(status_of out tidy)" would_run

# values of every kind, there and back
cat >kinds.py <<'T'
import datetime, pathlib
from typing import Literal, Optional


def make(i: int, f: float, s: str, b: bool, c: Literal["red", "blue"], l: list[int], o: Optional[int] = None):
    assert (type(i), type(f), type(s), type(b), type(l)) == (int, float, str, bool, list), (i, f, s, b, l)
    assert o is None and c == "red"
    return i + 1, f * 2, s + "é", not b, [x * x for x in l], {"deep": [1, {"x": None}]}


def take(i: int, f: float, s: str, b: bool, l: list, j, file: pathlib.Path, size: int) -> tuple[pathlib.Path, str]:
    assert (i, f, s, b, l) == (8, 6.0, "té", False, [1, 4]), (i, f, s, b, l)
    assert type(f) is float and j == {"deep": [1, {"x": None}]}, j
    assert file.stat().st_size == size
    return file, file.read_text()


def files(n: int):
    import zpl
    folder = zpl.context().scratch / "made"
    folder.mkdir()
    (folder / "a.txt").write_text("a" * n)
    one = zpl.context().scratch / "one.txt"
    one.write_text("b" * n)
    zpl.context().log("two files")
    return {"folder": folder, "one": one}
T
cat >kinds.zpl <<'T'
local make = step "make" { python = "kinds.py:make",
  signature = "(i: Int, f: Float, s: String, b: Bool, c: Enum {\"red\", \"blue\"}, l: List(Int), o?: Int) -> (i2: Int, f2: Float, s2: String, b2: Bool, l2: List(Int), j: Json)" }
local files = step "files" { python = "kinds.py:files", signature = "(n: Int) -> (one: File, folder: Dir)" }
local take = step "take" { python = "kinds.py:take",
  signature = "(i: Int, f: Float, s: String, b: Bool, l: List(Int), j: Json, file: File, size: Int) -> (copy: File, text: String)" }
local i, f, s, b, l, j = make { i = 7, f = 3, s = "t", b = true, c = "red", l = { 1, 2 } }
local one, folder = files { n = 5 }
local copy, text = take { i = i, f = f, s = s, b = b, l = l, j = j, file = one, size = 5 }
T
expect 0 zpl run kinds.zpl --json
equal "$(json out "[s['outputs']['text']['value'] for s in j['steps'] if s['name'] == 'take'][0]")" bbbbb
expect 0 zpl logs last/files
contains out "two files"

# a value that is too long for a message
cat >long.py <<'T'
def count(n: int) -> list[int]:
    return list(range(n))


def total(l: list[int]) -> int:
    return sum(l)
T
cat >long.zpl <<'T'
local count = step "count" { python = "long.py:count" }
local total = step "total" { python = "long.py:total" }
total { l = count { n = 30000 } }
T
expect 0 zpl run long.zpl --json
equal "$(json out "[list(s['outputs'].values())[0]['value'] for s in j['steps'] if s['name'] == 'total'][0]")" 449985000

# the annotations are the declaration
cat >plain.py <<'T'
import pandas as pd


def count(rows: pd.DataFrame, least: float = 0.3) -> int:
    return int((rows["b"] > least).sum())
T
cat >plain.zpl <<'T'
local rows = csv.read "rows.csv"
local count = step "count" { python = "plain.py:count" }
local n = count { rows, least = 0.1 }
local said = step "said" { signature = "(n: Int) -> (s: String)", lua = function (t) return "n=" .. t.n end } { n = n }
T
expect 0 zpl run plain.zpl --json
equal "$(json out "[s['outputs']['s']['value'] for s in j['steps'] if s['name'] == 'said'][0]")" n=2

# mistakes that are told before anything runs
wrong() { # wrong WORDS SIGNATURE FUNCTION
    printf 'local rows = csv.read "rows.csv"\nstep "w" { signature = "%s", python = "%s" } { rows }\n' "$2" "$3" >wrong.zpl
    expect 3 zpl check wrong.zpl
    contains err "$1"
    lacks err "internal"
}
cat >wrong.py <<'T'
import pandas as pd


def good(rows: pd.DataFrame) -> int:
    return 1


def text(rows: str) -> int:
    return 1


def other(rows, depth):
    return 1


async def later(rows):
    return 1
T
echo 'def broken(:' >broken.py
one="(rows: Table {...r}) -> (n: Int)"
wrong "has no function 'god'" "$one" wrong.py:god
contains err "did you mean 'good'?"
wrong "there is no file 'wrng.py'" "$one" wrng.py:good
wrong "takes 'rows' as str" "$one" wrong.py:text
contains err "wrong.py:8:10"
wrong "wants 'depth'" "$one" wrong.py:other
wrong "later" "$one" wrong.py:later
wrong "broken.py" "$one" broken.py:broken
wrong "returns int" "(rows: Table {...r}) -> (s: String)" wrong.py:good

# every way to fail, each told as the step's own with its file and line; the others go on
cat >bad.py <<'T'
import ctypes, os, sys
import pandas as pd


def raises(rows):
    helper(rows)


def helper(rows):
    raise ValueError("no luck")


def exits(rows):
    sys.exit(3)


def ends(rows):
    os._exit(4)


def crashes(rows):
    ctypes.string_at(0)


def misses(rows):
    import no_such_package


def kind(rows):
    return "text"


def twice(rows):
    return pd.DataFrame([[1, 2]], columns=["a", "a"])


def mixed(rows):
    return pd.DataFrame({"a": [1, "x", None]})


def column(rows):
    return pd.DataFrame({"b": [1]})


def binary(rows):
    sys.stdout.buffer.write(bytes(range(256)))
    return rows[["a"]]


def keys(rows):
    return {1: 2, "1": 3}


def threads(rows):
    import os, threading, time, zpl
    import numpy as np
    rows.loc[0, "a"] = 7          # what a step is given is its own
    rows.replace({1: 8}, inplace=True)
    assert rows["a"].tolist() == [7, 8, 2], rows
    assert zpl.context().threads == 2 and os.environ["OMP_NUM_THREADS"] == "2"
    threading.Thread(target=lambda: (time.sleep(0.3), print("a thread is done"))).start()
    return rows[["a"]]


def pool(rows):
    from joblib import Parallel, delayed
    rows["a"] = Parallel(2)(delayed(abs)(int(a)) for a in rows["a"])
    return rows[["a"]]


def forks(rows):
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    return rows[["a"]]
T
{
    echo 'local rows = csv.read "rows.csv"'
    for f in raises exits ends crashes misses kind twice mixed column binary forks; do
        echo "step \"$f\" { signature = \"(rows: Table {a: Int}) -> (out: Table {a: Int})\", python = \"bad.py:$f\" } { rows }"
    done
    echo 'step "keys" { signature = "(rows: Table {a: Int}) -> (j: Json)", python = "bad.py:keys" } { rows }'
    for f in threads pool; do
        echo "step \"$f\" { signature = \"(rows: Table {a: Int}) -> (out: Table {a: Int})\", python = \"bad.py:$f\", resources = { cpu = 2 } } { rows }"
    done
} >bad.zpl
expect 1 zpl run bad.zpl --json
for f in raises exits ends crashes misses kind twice mixed column keys; do
    equal "$(status_of out $f)" failed "$f"
done
for f in binary forks threads pool; do
    equal "$(status_of out $f)" ran "$f"
done
case $(error_of raises) in *bad.py:10*ValueError*"no luck"*) ;; *) fail "$(error_of raises)" ;; esac
case $(error_of exits) in *bad.py*exit*3*) ;; *) fail "$(error_of exits)" ;; esac
case $(error_of ends) in *bad.py*"exit code 4"*) ;; *) fail "$(error_of ends)" ;; esac
case $(error_of crashes) in *bad.py*SIGSEGV*) ;; *) fail "$(error_of crashes)" ;; esac
case $(error_of misses) in *bad.py*no_such_package*) ;; *) fail "$(error_of misses)" ;; esac
case $(error_of kind) in *str*DataFrame* | *text*Table* | *str*Table*) ;; *) fail "$(error_of kind)" ;; esac
case $(error_of twice) in *"'a'"*) ;; *) fail "$(error_of twice)" ;; esac
case $(error_of mixed) in *"'a'"*) ;; *) fail "$(error_of mixed)" ;; esac
case $(error_of column) in *"'a'"* | *"'b'"*) ;; *) fail "$(error_of column)" ;; esac
expect 0 zpl logs last/threads
contains out "a thread is done"
equal "$(ls .zpl/scratch)" guard "what is left in scratch"

# an environment of its own, made once
cat >wheel.py <<'T'
import zipfile
with zipfile.ZipFile("tiny-1.0-py3-none-any.whl", "w") as z:
    z.writestr("tiny.py", "VALUE = 41\n")
    z.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    z.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr("tiny-1.0.dist-info/RECORD", "")
T
python3 wheel.py
echo ./tiny-1.0-py3-none-any.whl >requirements.txt
cat >own.py <<'T'
import tiny


def value(k: int) -> int:
    return tiny.VALUE + k
T
cat >own.zpl <<'T'
local value = step "value" { python = "own.py:value", env = venv "requirements.txt" }
local n = value { k = 1 }
T
expect 0 zpl run own.zpl --json
equal "$(json out "j['steps'][0]['outputs']['value']['value']")" 42
sed -i 's/k = 1/k = 2/' own.zpl
expect 0 zpl run own.zpl --json
equal "$(json out "j['steps'][0]['outputs']['value']['value']")" 43
echo '# more' >>requirements.txt
expect 0 zpl plan own.zpl --json
equal "$(status_of out value)" would_run
