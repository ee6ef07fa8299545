# What an environment is made of: the list of requirements, and what that leads to on this machine.  Time limit: 240 s
. "$ROOT/tests/lib.sh"
need python3
python3 -m pip --version >/dev/null 2>&1 || skip "this Python has no pip"
python3 -m venv --without-pip probe || skip "there are no environments of this Python"

mkdir -p wheels lists
cat >wheel.py <<'T'
import sys, zipfile
place, name, version, value = sys.argv[1:]
with zipfile.ZipFile("%s/%s-%s-py3-none-any.whl" % (place, name, version), "w") as z:
    info = "%s-%s.dist-info/" % (name, version)
    z.writestr(name + ".py", "VALUE = %s\n" % value)
    z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version))
    z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(info + "RECORD", "")
T
python3 wheel.py wheels tiny 1.0 41
python3 wheel.py wheels other 1.0 1
printf '# what it needs\n-r lists/base.txt\n\nother @ file://%s/wheels/other-1.0-py3-none-any.whl\n' "$PWD" >requirements.txt
printf -- '--constraint limits.txt\n./wheels/tiny-1.0-py3-none-any.whl ; python_version > "3" # by path\n' >lists/base.txt
printf 'tiny<2\n' >lists/limits.txt
printf 'import other, tiny\n\ndef value(k: int) -> int:\n    return tiny.VALUE + other.VALUE + k\n' >own.py
printf 'local value = step "value" { python = "own.py:value", env = venv "requirements.txt" }\nlocal n = value { k = 1 }\n' >own.zpl
gives() { # gives STATUS VALUE WHAT
    expect 0 zpl run own.zpl --json
    equal "$(json out "[(s['status'], s['outputs']['value']['value']) for s in j['steps']]")" "[[\"$1\", $2]]" "$3"
}
gives ran 43 "the first time"
gives cached 43 "nothing changed"
python3 wheel.py wheels tiny 1.0 51
expect 0 zpl plan own.zpl --json
contains out "wheels/tiny-1.0-py3-none-any.whl"
gives ran 53 "a wheel was built again"
python3 wheel.py wheels other 1.0 2
gives ran 54 "a wheel that a URL names"
printf 'tiny<3\n' >lists/limits.txt
gives ran 54 "a list of limits that a list names"
echo 'x' >lists/unnamed.txt
gives cached 54 "a list that none names"
equal "$(find .zpl/envs -name .whole | wc -l)" 4 "environments"

# while one is made the step says so
mkdir told
cp own.py own.zpl told
printf '%s\n' "tiny @ file://$PWD/wheels/tiny-1.0-py3-none-any.whl" "other @ file://$PWD/wheels/other-1.0-py3-none-any.whl" >told/requirements.txt
expect 0 zpl run told/own.zpl --events
python3 - <<'P'
import json
told = [e["what"] for e in map(json.loads, open("out")) if e["event"] == "progress"]
assert told == ["makes the environment of requirements.txt", ""], told
P
rm -r told

# what is not there, and what would be no part of the environment
echo './wheels/none-1.0-py3-none-any.whl' >>lists/base.txt
expect 1 zpl run own.zpl
contains err "lists/base.txt:3: './wheels/none-1.0-py3-none-any.whl' is not there"
sed -i '$d' lists/base.txt
echo '-e ./pkg' >>requirements.txt
expect 1 zpl run own.zpl
contains err "requirements.txt:5: '-e ./pkg' leaves the code where it is"
sed -i '$d' requirements.txt
# what it lacks is named where the environment is: nothing is installed into one by hand
sed 's/import other, tiny/import other, tiny, lacking/' own.py >lacks.py
sed 's/own.py/lacks.py/' own.zpl >lacks.zpl
expect 1 zpl run lacks.zpl
contains err "needs the package 'lacking', which the step's environment does not have: name it in the file of requirements that \`env\` names"

# gc: those of kept runs stay, used or cached; a dry one tells and removes nothing; one that a process uses stays
envs() { find .zpl/envs -name .whole | wc -l; }
equal "$(envs)" 4 "environments before gc"
expect 0 zpl gc --keep 10
lacks out "environment"
equal "$(envs)" 4 "all runs are kept"
expect 0 zpl run own.zpl
mkdir locks && mv .zpl/envs/*.lock locks # a dry one makes nothing either
find .zpl | sort >before
expect 0 zpl gc --keep 1 --dry-run --json
find .zpl | sort >after
same_file after before
mv locks/* .zpl/envs
equal "$(json out "[len(j['envs']), {e['reason'] for e in j['envs']} == {'no run that is kept used it'}, all(e['bytes'] > 0 for e in j['envs'])]")" '[3, true, true]'
equal "$(envs)" 4 "a dry gc"
lock=$(ls -t .zpl/envs/*.lock | tail -n 1)
flock -s "$lock" sleep 300 &
holder=$!
sleep 0.3
expect 0 zpl gc --keep 1
kill $(ps -o pid= --ppid $holder) $holder
contains out "no run that is kept used it"
contains out "2 environments of Python"
equal "$(envs)" 2 "one is kept, one is used"
expect 0 zpl gc --keep 1
equal "$(envs)" 1 "one is kept"
expect 0 zpl run own.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached"]' "what a kept run made"
sed -i 's/k = 1/k = 2/' own.zpl
gives ran 55 "the environment is used on"

# Packages are compiled when an environment is made, whichever installer makes it: no step could keep what it compiles.
compiled() { find .zpl/envs -path '*/__pycache__/tiny.*.pyc' | wc -l; }
equal "$(compiled)" 1 "what pip compiled"
if [ -x "$ROOT/build/oracle/bin/uv" ]; then
    ln -s "$ROOT/build/oracle/bin/uv" uv
    PATH=$PWD:$PATH
    echo '# by uv' >>requirements.txt
    gives ran 55 "an environment by uv"
    equal "$(find .zpl/envs -name INSTALLER -exec grep -lx uv {} + | wc -l)" 2 "packages that uv installed"
    equal "$(compiled)" 2 "what uv compiled"
fi
