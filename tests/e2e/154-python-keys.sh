# What of Python counts for a step that is a function of it: its file and what that imports, by what they say;
# the interpreter, the packages, what the body declares; and what does not.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
need python3
# an interpreter itself: one that python3 leads to, where that is a script, takes its time
PATH=$(dirname "$(python3 -c 'import sys; print(sys.executable)')"):$PATH

mkdir -p steps/deep lib conf
echo 1 >conf/a.json
printf 'import lib.numbers\n\n\ndef twice(x):\n    return lib.numbers.two() * x\n' >lib/tools.py
printf 'def two():\n    return 2\n' >lib/numbers.py
printf 'ONE = 1\n' >steps/helper.py
printf '' >steps/deep/__init__.py
printf 'from . import lower\n' >steps/deep/upper.py
printf 'DEEP = 0\n' >steps/deep/lower.py
cat >steps/train.py <<'T'
import colorsys
from lib import tools
import helper
from deep.upper import lower


def train(a: int, b: int = 2) -> int:
    return tools.twice(a) + b + helper.ONE + lower.DEEP
T
cat >p.zpl <<'T'
local train = step "train" { python = "steps/train.py:train" }
return { x = train { a = 3 } }
T
again() { # again STATUS WHAT: how the step ends now
    expect 0 zpl run p.zpl --json
    equal "$(status_of out train)" "$1" "after $2 the step"
}
because() { # because WORDS: that alone is what differs
    expect 0 zpl plan p.zpl --json
    equal "$(json out "[s['why'] for s in j['steps'] if s['name'] == 'train'][0]")" "$1" "why it runs"
}
changes() { # changes WORDS: it runs again for that alone, and then is cached
    because "$1"
    again ran "$1"
    again cached "$1, once more"
}
recalls() { # recalls yes|no: is the run over without evaluating the program?
    expect 0 env ZPL_TRACE=1 zpl run p.zpl
    case $1 in yes) contains err "trace: recalled" ;; no) lacks err "trace: recalled" ;; esac
}
again ran "nothing"
again cached "nothing"
recalls yes

# layout and comments count for nothing
for file in steps/train.py steps/helper.py lib/tools.py lib/numbers.py steps/deep/lower.py; do
    printf '# why\n\n%s\n   # so\n' "$(cat $file)" >new && mv new $file
    recalls no
    recalls yes
    again cached "a comment in $file"
done
# what a file says does, and it alone is told
sed -i 's/return 2/return 3/' lib/numbers.py && changes "lib/numbers.py changed"
sed -i 's/ONE = 1/ONE = 5/' steps/helper.py && changes "steps/helper.py changed"
sed -i 's/DEEP = 0/DEEP = 1/' steps/deep/lower.py && changes "steps/deep/lower.py changed"
echo 'INIT = 1' >>steps/deep/__init__.py && changes "steps/deep/__init__.py changed"
sed -i 's/+ b/- b/' steps/train.py && changes "steps/train.py changed"
# a file that nobody imports does not
echo 'x = 1' >lib/other.py && again cached "a file that is not imported"
# one that comes to stand for another is seen
echo 'x = 1' >steps/colorsys.py && changes "steps/colorsys.py is imported now"
rm steps/colorsys.py && again cached "it is gone again"
mkdir helper && echo 'ONE = 7' >helper/__init__.py && again cached "a package behind the module"
mkdir steps/helper && echo 'ONE = 9' >steps/helper/__init__.py
changes "steps/helper/__init__.py is imported now; steps/colorsys.py is imported no longer; steps/helper.py is imported no longer"
rm -r steps/helper && again cached "it is gone again"
sed -i 's/ONE = 5/ONE = 6/' steps/helper.py && again ran "another helper"

# what the body declares, by itself
sed -i 's|:train"|:train", vars = { SEED = "1" }|' p.zpl && changes 'vars.SEED: now "1"'
sed -i 's|SEED = "1"|SEED = "2"|' p.zpl && changes 'vars.SEED: "1" → "2"'
sed -i 's|:train"|:train", network = true|' p.zpl && changes 'network: now'
sed -i 's|:train"|:train", files = { "conf/a.json" }|' p.zpl
changes 'files: conf/a.json is new; file conf/a.json is new'
echo 2 >conf/a.json && changes 'other content in conf/a.json'
printf '\n\ndef fit(a: int, b: int = 2) -> int:\n    return a\n' >>steps/train.py
because "steps/train.py changed"
sed -i 's|py:train"|py:fit"|' p.zpl
changes 'function: steps/train.py:train → steps/train.py:fit; steps/train.py changed'
expect 0 zpl plan p.zpl
contains out 'python steps/train.py:fit'
contains out 'steps/deep/lower.py'

# interpreter and packages: an environment without pip, and a package that is only said to be there
package() { # package VERSION
    site=$(echo "$TMP"/env/lib/python3.*/site-packages)
    rm -rf "$site"/fakepkg*
    # a distribution may have no version in its name, as some of Debian's
    mkdir -p "$site/unversioned.egg-info"
    mkdir "$site/fakepkg" "$site/fakepkg-$1.dist-info"
    echo "V = '$1'" >"$site/fakepkg/__init__.py"
    printf 'Metadata-Version: 2.1\nName: fakepkg\nVersion: %s\n' "$1" >"$site/fakepkg-$1.dist-info/METADATA"
    printf 'fakepkg\n' >"$site/fakepkg-$1.dist-info/top_level.txt"
    printf 'fakepkg/__init__.py,,\n' >"$site/fakepkg-$1.dist-info/RECORD"
}
python3 -m venv --without-pip env || skip "there are no environments of this Python"
PATH=$TMP/env/bin:$PATH
again cached "the same Python by another path"
recalls yes
sed -i 's/^import helper/import fakepkg, helper/' steps/train.py
expect 0 zpl plan p.zpl --json
contains out "fakepkg (not installed) is used now"
package 1.0
changes "steps/train.py changed; fakepkg 1.0 is used now"
recalls yes
package 1.1
changes "fakepkg 1.0 → 1.1"
recalls yes
PATH=${PATH#*:}
because "fakepkg 1.1 → (not installed)"
PATH=$TMP/env/bin:$PATH
recalls yes

# a session looks at what is installed before each cell
printf 'import fakepkg\n\n\ndef version(a: int) -> str:\n    return fakepkg.V\n' >steps/version.py
{
    echo 'local version = step "version" { python = "steps/version.py:version" }'
    echo 'version { a = 1 }'
    wait_for 30 grep -q '1\.1' said
    package 1.2
    echo 'version { a = 1 }'
    wait_for 30 grep -q '1\.2' said
} | zpl repl >said 2>err || fail "the session ended with $?: $(cat said err)"
package 1.1

# a script in front of several interpreters: what leads it to another counts
mkdir shim
python3 -m venv --without-pip other
printf '#!/bin/sh\nexec "%s/$(cat "%s/.python-version")/bin/python3" "$@"\n' "$TMP" "$TMP" >shim/python3
chmod +x shim/python3
PATH=$TMP/shim:$PATH
echo env >.python-version
recalls no
recalls yes
echo other >.python-version
because "fakepkg 1.1 → (not installed)"
recalls_no_more() { expect 1 env ZPL_TRACE=1 zpl run p.zpl && lacks err "trace: recalled"; }
recalls_no_more
contains err "fakepkg"
echo env >.python-version
recalls yes
PATH=${PATH#*:}

# a file that changes while the step runs is told
cat >steps/slow.py <<'T'
import time
import helper


def slow(a: int) -> int:
    print("started", flush=True)
    while "MORE" not in open("steps/helper.py").read():
        time.sleep(0.05)
    return a
T
cat >slow.zpl <<'T'
return { x = step "slow" { python = "steps/slow.py:slow" } { a = 1 } }
T
zpl run slow.zpl >out 2>err &
pid=$!
started() { zpl logs slow 2>/dev/null | grep -q started || grep -rqs started .zpl/scratch; }
wait_for 30 started
echo 'MORE = 1' >>steps/helper.py
code=0
wait $pid || code=$?
equal "$code" 1 "exit code of a run whose module changed"
contains err "steps/helper.py changed while it was read"

# what ran can be done again, until a file of it says something else
again ran "the helper's change"
run=$(json out "j['run']")
expect 0 zpl reproduce "$run"
echo '# nothing' >>steps/helper.py
expect 0 zpl reproduce "$run"
echo 'MOST = 1' >>steps/helper.py
run zpl reproduce "$run"
contains out "steps/helper.py has changed"

# a module that a link leads to counts, and can be read
mkdir -p "$TMP/../elsewhere.$$"
printf 'FAR = 1\n' >"$TMP/../elsewhere.$$/far.py"
ln -s "../../elsewhere.$$/far.py" steps/far.py
printf 'import far\n\n\ndef near(a: int) -> int:\n    return a + far.FAR\n' >steps/near.py
echo 'return { x = step "near" { python = "steps/near.py:near" } { a = 1 } }' >near.zpl
expect 0 zpl run near.zpl
printf 'FAR = 2\n' >"$TMP/../elsewhere.$$/far.py"
expect 0 zpl plan near.zpl
contains out "steps/far.py changed"
rm -r "$TMP/../elsewhere.$$"
# what would let it find others is refused
echo 'return { x = step "near" { python = "steps/near.py:near", vars = { "PYTHONPATH" } } { a = 1 } }' >near.zpl
expect 1 zpl plan near.zpl
contains err "step near is given PYTHONPATH"

# what Python says of a file that is no step
says() { # says WORDS TEXT: of a file of that text
    printf '%b' "$2" >steps/bad.py
    echo 'return { x = step "bad" { signature = "(a: Int) -> (n: Int)", python = "steps/bad.py:bad" } { a = 1 } }' >bad.zpl
    expect 3 zpl check bad.zpl
    contains err "$1"
}
says "steps/bad.py has no function 'bad'" 'def bed(a): return 1\n'
contains err "bed"
says "steps/bad.py is no Python: " 'def bad(a:\n'
contains err "steps/bad.py:1:"
says "steps/bad.py is no Python: it is not in UTF-8" '# \0351\ndef bad(a): return 1\n'
says "async function" 'async def bad(a): return 1\n'
says "generator" 'def bad(a):\n    yield 1\n'

# without Python a program is still checked
mkdir nothing
expect 0 env PATH="$TMP/nothing" "$ZPL" check bad.zpl
contains err "there is no python3 on PATH"
equal "$(grep -c python3 err)" 1 "times that it is told"
expect 1 env PATH="$TMP/nothing" "$ZPL" plan bad.zpl
contains err "E407"

# what is asked of Python while steps run takes none of their ends
cat >asked.py <<'T'
def asked(n: int) -> int:
    if n < 0:
        import numpy
    return n
T
cat >asked.zpl <<'T'
local n
for i = 1, 6 do
  n = step("quick" .. i) { signature = "() -> (n: Int)", command = { "sh", "-c", "sleep 0.0" .. i .. "; echo 1 > $n" } } {}
end
step "asked" { signature = "(n: Int) -> (m: Int)", python = "asked.py:asked" } { n = n }
step "other" { signature = "(n: Int) -> (m: Int)", python = "asked.py:asked", vars = { OTHER = "1" } } { n = 1 }
T
rm -rf .zpl
expect 0 timeout 60 zpl run --jobs 2 asked.zpl

# a class that an annotation names stands in a file that the function's imports: an edit there is another signature
mkdir -p "$TMP/classes/pkg" && cd "$TMP/classes" || fail "no folder"
: >pkg/__init__.py
printf 'from dataclasses import dataclass\n\n\n@dataclass\nclass Config:\n    k: int = 1\n\n\n@dataclass\nclass Score:\n    auc: float\n' >pkg/kinds.py
printf 'from . import kinds\nfrom .kinds import Config\n\n\ndef f(config: Config) -> kinds.Score:\n    return kinds.Score(config.k / 2)\n' >pkg/train.py
cat >p.zpl <<'T'
local train = step "train" { python = "pkg/train.py:f" }
local report = train { config = { k = 3 } }
step "use" { signature = "(auc: Float) -> (n: Int)", lua = function (t) return 1 end } { report.auc }
T
again ran "nothing"
equal "$(json out "j['steps'][0]['outputs']['report']['value']")" '{"auc": 1.5}'
again cached "nothing"
recalls yes
sed -i 's/    auc: float/    area: float/' pkg/kinds.py
expect 3 zpl run p.zpl
contains err "no field 'auc'"
sed -i 's/    area: float/    auc: float\n    n: int = 7/' pkg/kinds.py
again ran "a field came"
equal "$(json out "j['steps'][0]['outputs']['report']['value']")" '{"auc": 1.5, "n": 7}'

# packages that are edited where they stand (pip install -e): by their files, in the project or outside of it
mkdir -p "$TMP/edited/src/mine" "$TMP/beside.$$/yours" && cd "$TMP/edited" || fail "no folder"
echo 'K = 2' >src/mine/__init__.py
echo 'K = 10' >"$TMP/beside.$$/yours/__init__.py"
printf 'import yours\nfrom mine import K\n\n\ndef f(n: int) -> int:\n    return K + yours.K + n\n' >s.py
printf 'local s = step "train" { python = "s.py:f" }\nlocal n = s { n = 1 }\n' >p.zpl
python3 -m venv --without-pip env
PATH=$TMP/edited/env/bin:$PATH
site=$(echo "$TMP"/edited/env/lib/python3.*/site-packages)
echo "$TMP/edited/src" >"$site/__editable__.mine-1.0.pth"
echo "$TMP/beside.$$" >"$site/__editable__.yours-1.0.pth"
again ran "nothing"
again cached "nothing"
recalls yes
sed -i 's/K = 2/K = 3/' src/mine/__init__.py && changes "src/mine/__init__.py changed"
sed -i 's/K = 10/K = 20/' "$TMP/beside.$$/yours/__init__.py"
again ran "a package outside changed"
equal "$(json out "j['steps'][0]['outputs']['value']['value']")" 24
again cached "nothing"
# and by the finder that setuptools writes of a package that stands beside others
mkdir -p "$TMP/flat.$$/theirs"
echo 'T = 100' >"$TMP/flat.$$/theirs/__init__.py"
cat >"$site/__editable___theirs_1_0_finder.py" <<T
import sys
from importlib.util import spec_from_file_location

MAPPING: dict[str, str] = {'theirs': '$TMP/flat.$$/theirs'}
NAMESPACES: dict[str, list[str]] = {}


class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname, MAPPING[fullname] + "/__init__.py")
        return None


def install():
    sys.meta_path.append(_EditableFinder)
T
echo 'import __editable___theirs_1_0_finder; __editable___theirs_1_0_finder.install()' >"$site/__editable__.theirs-1.0.pth"
sed -i 's/^import yours/import yours, theirs/; s/+ n$/+ n + theirs.T/' s.py
again ran "an import by a finder"
equal "$(json out "j['steps'][0]['outputs']['value']['value']")" 124
again cached "nothing"
sed -i 's/T = 100/T = 200/' "$TMP/flat.$$/theirs/__init__.py"
again ran "a package that a finder finds changed"
equal "$(json out "j['steps'][0]['outputs']['value']['value']")" 224
# however many there are
for i in $(seq 20); do
    mkdir -p "many/$i"
    echo "$TMP/edited/many/$i" >>"$site/many.pth"
done
echo 'D = 1' >many/20/deep.py
sed -i 's/^import yours/import yours, deep/; s/+ n$/+ n + deep.D/' s.py
again ran "an import of one of many"
sed -i 's/D = 1/D = 2/' many/20/deep.py && changes "many/20/deep.py changed"
