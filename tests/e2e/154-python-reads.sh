# A step in Python reads of its project what its key knows: the rest is refused with the user's line, whatever opens
# it, so no result is kept that would have to be made again.      Time limit: 240 s
. "$ROOT/tests/lib.sh"
need python3

mkdir -p steps data conf
echo '{"k": 2}' >data/extra.json
printf 'a,b\n1,2\n3,4\n' >data/x.csv
printf 'A=1\n' >.env
ln -s ../data/x.csv conf/link.csv
echo 'def h(): return 3' >steps/by_path.py
printf 'import json\ndef told():\n    return json.load(open("data/extra.json"))["k"]\n' >steps/helper.py
cat >steps/f.py <<'T'
import glob, importlib.util, json, os, runpy, sqlite3, subprocess, sys
from pathlib import Path
import helper
import zpl

def opens(n: int) -> int:
    with open("data/extra.json") as f:
        return json.load(f)["k"]
def caught(n: int) -> int:
    try:
        return json.load(open("data/extra.json"))["k"]
    except Exception:
        return 0
def helped(n: int) -> int:
    return helper.told()
def lists(n: int) -> int:
    return len(glob.glob("data/*.csv"))
def walks(n: int) -> int:
    return len(list(Path("data").iterdir()))
def runs(n: int) -> int:
    return runpy.run_path("steps/by_path.py")["h"]()
def loads(n: int) -> int:
    spec = importlib.util.spec_from_file_location("hh", "steps/by_path.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return 1
def execs(n: int) -> int:
    exec(open("steps/by_path.py").read())
    return 1
def connects(n: int) -> int:
    return len(sqlite3.connect("data/x.csv").execute("select 1").fetchall())
def starts(n: int) -> int:
    return subprocess.run([sys.executable, "steps/by_path.py"], check=True).returncode
def shell(n: int) -> int:
    return len(subprocess.run("cat 'data/x.csv' 2>/dev/null; true", shell=True, stdout=subprocess.PIPE).stdout)
def system(n: int) -> int:
    return os.system("wc -l <data/x.csv 2>/dev/null")
def option(n: int) -> int:
    return subprocess.run(["echo", "--config=data/extra.json"]).returncode
def computed(n: int) -> int:
    return subprocess.run(["sh", "-c", "cat data/?.csv"], check=True).returncode
def size(n: int) -> int:
    return os.path.getsize("data/extra.json")
def exists(n: int) -> int:
    return int(os.path.exists("data/extra.json"))
def path_exists(n: int) -> int:
    return int(Path("data/extra.json").is_file())
def age(n: int) -> int:
    return int(os.stat(Path(__file__).resolve().parent.parent / "data" / "x.csv").st_mtime)
def folder_exists(n: int) -> int:
    return int(os.path.isdir("data"))
def names_store(n: int) -> int:
    return len(os.listdir(".zpl"))
def forks(n: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            open("data/extra.json")
        except PermissionError:
            os._exit(7)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def hidden(n: int) -> int:
    return len(open(".env").read())
def gives(n: int) -> zpl.File:
    return "data/x.csv"
def absent(n: int) -> int:
    try:
        return len(open("data/nothing").read())
    except FileNotFoundError:
        return 4
def within(n: int, at: Path = Path("data")) -> int:
    return len("".join(p.read_text() for p in sorted(at.rglob("*.txt"))))
def within_looks(n: int, at: Path = Path("data")) -> int:
    return int((at / ".h.txt").exists())
def walks_within(n: int, at: Path = Path("data")) -> int:
    return sum(len(names) for _, _, names in os.walk(at))
def looked_for(n: int) -> int:
    return 5 if os.path.exists("data/y.csv") else 4
def library_looks(n: int) -> int:
    import shutil
    return len([shutil.which("nothing"), os.access(".", os.R_OK), Path(helper.__file__).stat().st_size, os.path.isdir("data")])
def fine(n: int, more: Path = Path("data")) -> int:
    import importlib.metadata, inspect, linecache, pkgutil, tempfile, traceback, zoneinfo
    list(importlib.metadata.distributions())
    list(pkgutil.iter_modules())
    inspect.getsource(fine)
    inspect.getsource(helper)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x").write_text("1")
        os.listdir(folder)
    (zpl.context().scratch / "y").write_text("2")
    (zpl.context().scratch / "y").read_text()
    try:
        helper.nothing
    except AttributeError:
        traceback.format_exc()
    return len(os.listdir(more)) + len(open("conf/link.csv").read()) + helper.told()
T
program() { # program FUNCTION [MORE]
    printf 'local s = step "s" { python = "steps/f.py:%s"%s }\ns { n = 1 }\n' "$1" "${2-}" >p.zpl
}
refused() { # refused FUNCTION WORDS: at its place, and what to write is told
    program "$1"
    expect 1 zpl run p.zpl
    line=$(grep -n "$3" steps/f.py | head -n 1 | cut -d: -f1)
    contains err "steps/f.py:$line: $1(): it $2, which the step's key does not know"
    contains err "files = { \"${2##* }\" }"
}
refused opens "opened data/extra.json" 'with open("data/extra.json")'
refused lists "listed the folder data" 'glob.glob('
refused walks "listed the folder data" 'iterdir'
refused runs "opened steps/by_path.py" 'run_path('
refused loads "opened steps/by_path.py" 'exec_module'
refused execs "opened steps/by_path.py" 'exec(open'
refused connects "opened data/x.csv" 'sqlite3.connect('
refused starts "started a program with steps/by_path.py" '"steps/by_path.py"\], check'
refused hidden "opened .env" 'open(".env")'
refused caught "opened data/extra.json" 'return json.load(open'
refused shell "started a program with data/x.csv" "cat 'data/x.csv'"
refused system "started a program with data/x.csv" "wc -l"
refused option "started a program with data/extra.json" "config="
# whether it is there, how large and how old it is are part of what is kept, too
refused size "looked at data/extra.json" 'os.path.getsize'
refused exists "looked at data/extra.json" 'os.path.exists'
refused path_exists "looked at data/extra.json" 'is_file()'
refused age "looked at data/x.csv" 'st_mtime'
refused folder_exists "looked at data" 'os.path.isdir("data")'
program names_store && expect 1 zpl run p.zpl
contains err "names_store(): it listed the folder .zpl"
contains err "the store is zpl's own"
refused gives "opened data/x.csv" 'def gives'
program helped && expect 1 zpl run p.zpl
contains err 'steps/helper.py:3: helped(): it opened data/extra.json'

# what the kernel refuses to programs is told too
if zpl version | grep -q 'files by Landlock'; then
    program computed && expect 1 zpl run p.zpl
    contains err "cat: data/x.csv: Permission denied"
    contains err "help: a function of Python, with the programs that it starts, reads the system"
fi
# a process of its own is held to the same
program forks && expect 0 zpl run p.zpl --json
equal "$(json out "[v['value'] for s in j['steps'] for v in s['outputs'].values()]")" "[7]" "what a fork may open"

# what the step does otherwise without, because it is not there, would be another thing once it came
for name in absent looked_for; do
    program $name && expect 1 zpl run p.zpl
    contains err "$name(): it looked for data/"
    program $name ', files = { "data" }' && expect 0 zpl run p.zpl --json && contains out '"value": 4'
done
touch data/y.csv
expect 0 zpl run p.zpl --json && contains out '"value": 5'
rm data/y.csv

# a path that the step is given and that leads nowhere is told as that
printf 'local s = step "s" { python = "steps/f.py:within" }\ns { n = 1, at = Path "dat" }\n' >p.zpl
expect 1 zpl run p.zpl
contains err "within(): it looked for dat, which is not there"
lacks err "key would not know"
contains err "help: a Path param gives that path"

# what is Python's own, what the step makes and what it declares, and the folders that it is in
program library_looks ', files = { "conf/link.csv" }' && expect 0 zpl run p.zpl
program fine ', files = { "conf/link.csv" }' && expect 0 zpl run p.zpl
# declared, it counts
program opens ', files = { "data/extra.json" }' && expect 0 zpl run p.zpl
expect 0 zpl run p.zpl --json && equal "$(status_of out s)" cached "nothing changed"
echo '{"k": 3}' >data/extra.json
expect 0 zpl run p.zpl --json && equal "$(status_of out s)" ran "a declared file that changed"
program lists ', files = { "data" }' && expect 0 zpl run p.zpl
cp data/x.csv data/y.csv
expect 0 zpl run p.zpl --json && equal "$(status_of out s)" ran "a file that came to a declared folder"

# what a declared folder holds beside what counts is not read: hidden files, by whatever way; who walks past them may
mkdir data/.drafts
echo one >data/.drafts/d.txt
refused within "opened data/.drafts/d.txt" 'rglob'
contains err "hidden files of a folder and those in __pycache__ do not count"
program walks_within && expect 0 zpl run p.zpl
program within ', files = { "data/.drafts/d.txt" }' && expect 0 zpl run p.zpl --json && contains out '"value": 4'
program within ', files = { "data/.drafts" }' && expect 0 zpl run p.zpl --json && contains out '"value": 4'
echo three >data/.drafts/d.txt
expect 0 zpl run p.zpl --json && contains out '"value": 6'
rm -r data/.drafts
program within_looks && expect 1 zpl run p.zpl
contains err "it looked for data/.h.txt" && contains err 'files = { "data/.h.txt" }'
echo one >data/.h.txt
refused within_looks "looked at data/.h.txt" 'exists()'
rm data/.h.txt

# a store that the project is in makes nothing of it known
program opens
mkdir -p around/project/steps && cp -R data around/project && cp steps/*.py around/project/steps && cp p.zpl around/project
(cd around/project && expect 1 env ZPL_HOME="$PWD/.." zpl run p.zpl && contains err 'files = { "data/extra.json" }')

# processes that a step starts import its file, and what that imports
cat >steps/many.py <<'T'
import multiprocessing
import zpl
def square(x):
    return x * x
def total(n: int) -> int:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return sum(pool.map(square, range(n)))
T
printf 'local s = step "s" { python = "steps/many.py:total" }\nreturn { n = s { n = 4 } }\n' >p.zpl
expect 0 timeout 60 zpl run p.zpl --json
contains out '"value": 14'
