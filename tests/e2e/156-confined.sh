# What the body of a step may touch: it reads the system, its project and what it declares, writes
# its outputs and below $TMPDIR, and has no network unless it says so.  A kernel without Landlock
# or seccomp refuses nothing: then this says so.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
expect 0 zpl version --json
files=$(json out "j['confined']['files']")
network=$(json out "j['confined']['network']")
[ "$files" != 0 ] || skip "this kernel has no Landlock"
[ "$network" = true ] || skip "this kernel or processor has no seccomp that zpl knows"

mkdir project outside elsewhere
echo secret >outside/secret.txt
echo linked >outside/linked.txt
echo given >outside/given.txt
echo tool >elsewhere/tool.txt
cd project
ln -s ../outside/linked.txt linked.txt
ln -s ../outside data
echo mine >mine.txt
cat >look.py <<'P'
import json, os, subprocess, sys
def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return error.strerror
def read(path):
    return tried(lambda: open(path, "rb").read(1))
def write(path):
    return tried(lambda: open(path, "a").write("x"))
scratch = os.path.dirname(sys.argv[1])
store = os.path.dirname(os.path.dirname(os.path.dirname(scratch)))
seen = {
    "passwd": read("/etc/passwd"), "mine": read("mine.txt"), "input": read(sys.argv[2]),
    "store": read(store + "/zpl.db"), "driver": read("/proc/%d/environ" % int(sys.argv[3])),
    "worker": read("/proc/%d/environ" % os.getppid()), "home": read(os.environ["HOME"] + "/private"),
    "secret": read("../outside/secret.txt"), "linked": read("linked.txt"), "data": read("data/given.txt"),
    "tool": read("../elsewhere/tool.txt"),
    "write here": write("mine.txt"), "write new": write("new.txt"), "write tmp": write("/tmp/zpl-written"),
    "write input": write(os.path.realpath(sys.argv[2])), "write null": write("/dev/null"),
    "write beside": write(scratch + "/beside"), "write TMPDIR": write(os.environ["TMPDIR"] + "/x"),
    "other scratch": tried(lambda: os.mkdir(os.path.dirname(scratch) + "/mine")),
    "signal": tried(lambda: os.kill(int(sys.argv[3]), 0)),
    "remove": tried(lambda: os.remove("mine.txt")), "rename": tried(lambda: os.rename("mine.txt", "x.txt")),
    "child": subprocess.run(["cat", "../outside/secret.txt"], capture_output=True).returncode,
}
with open(sys.argv[1], "w") as out:
    json.dump(json.dumps(seen), out)
P
echo private >../private
cat >look.zpl <<'Z'
local p = params { driver = Int }
local rows = csv.read { "rows.csv" }
local function look(name, files)
  return step(name) { signature = "(rows: Table {...}, pid: Int) -> (seen: String)",
                      command = { "python3", "look.py", "$seen", "$rows", "$pid" }, files = files }
         { rows, pid = p.driver }
end
look("bare", nil)
look("declared", { "linked.txt", "data" })
Z
printf 'a\n1\n' >rows.csv
sleep 300 &
other=$!
ZPL_TOOLS=$TMP/elsewhere expect 0 zpl run look.zpl --driver $other --json
kill $other
seen() { # seen STEP KEY
    json out "__import__('json').loads([s['outputs']['seen']['value'] for s in j['steps'] if s['name'] == '$1'][0])['$2']"
}
for key in passwd mine input tool "write null" "write beside" "write TMPDIR"; do
    equal "$(seen bare "$key")" "done" "$key"
done
for key in store worker home secret linked data "write here" "write new" "write tmp" "write input" \
    "other scratch" remove rename; do
    equal "$(seen bare "$key")" "Permission denied" "$key"
done
# the driver can't be looked into; where the step has a space of processes of its own it is not even seen
case "$(seen bare driver), $(seen bare signal)" in
"Permission denied, Operation not permitted" | "No such file or directory, No such process") ;;
*) fail "the driver can be reached: $(seen bare driver), $(seen bare signal)" ;;
esac
equal "$(seen bare child)" 1 "a child's look"
# what the step declares may lead out of the project
for key in linked data; do
    equal "$(seen declared "$key")" "done" "declared $key"
done
[ ! -e /tmp/zpl-written ] && [ ! -e new.txt ] && [ -e mine.txt ] || fail "something was written"

# a Path param is declared too; the ones of the command line may lead anywhere
cat >given.zpl <<'Z'
local p = params { given = Path "mine.txt" }
step "given" { signature = "(given: Path) -> (n: Int)", command = { "sh", "-c", "cat $given && echo 1 > $n" } } { p.given }
Z
expect 0 zpl run given.zpl --given ../outside/given.txt

# A function of Python, in a process that another one forks which other steps have too: the same.
cat >within.py <<'P'
import ctypes, os, subprocess, time
import zpl

libc = ctypes.CDLL(None, use_errno=True)

def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return error.strerror

def read(path):
    """As native code does: what the kernel says."""
    fd = libc.open(os.fsencode(path), os.O_RDONLY)
    return "done" if fd >= 0 and os.close(fd) is None else os.strerror(ctypes.get_errno())

def write(path):
    return tried(lambda: open(path, "a").write("x"))

def stays(n: int) -> int:
    """Is there with its scratch folder while the other looks."""
    time.sleep(n)
    return n

def look(given: zpl.File, pid: int, n: int) -> dict:
    tmp = os.environ["TMPDIR"]
    scratch, group = os.path.dirname(tmp), os.path.dirname(os.path.dirname(tmp))
    store = os.path.dirname(os.path.dirname(os.path.dirname(group)))
    stored = subprocess.run(["find", store + "/objects", "-type", "f"], stdout=subprocess.PIPE, text=True).stdout.split("\n")
    artifacts = {read(path) for path in stored if path and os.path.realpath(path) != os.path.realpath(given)}
    others = {write("%s/%d/x" % (group, i)) for i in range(100) if str(i) != os.path.basename(scratch)}
    return {
        "passwd": read("/etc/passwd"), "mine": read("mine.txt"), "input": read(given),
        "store": read(store + "/zpl.db"), "artifacts": artifacts.pop() if len(artifacts) == 1 else str(artifacts),
        "driver": read("/proc/%d/environ" % pid),
        "host": read("/proc/%d/environ" % os.getppid()), "memory": write("/proc/%d/mem" % os.getppid()),
        "home": read(os.environ["HOME"] + "/private"), "secret": read("../outside/secret.txt"),
        "linked": read("linked.txt"), "unknown": read("look.py"), "data": read("data/given.txt"), "tool": read("../elsewhere/tool.txt"),
        "write here": write("mine.txt"), "write new": write("new.txt"), "write tmp": write("/tmp/zpl-written"),
        "write input": write(given), "write null": write("/dev/null"), "write beside": write(scratch + "/beside"),
        "write TMPDIR": write(tmp + "/x"), "new scratch": tried(lambda: os.mkdir(group + "/mine")),
        "others": sorted(others), "signal": tried(lambda: os.kill(os.getppid(), 0)),
        "remove": tried(lambda: os.remove("mine.txt")),
        "child": subprocess.run(["cat", "../outside/secret.txt"], capture_output=True).returncode,
    }

def connect(n: int) -> int:
    import socket
    socket.socket().close()
    return n
P
cat >within.zpl <<'Z'
local p = params { driver = Int }
local given = step "given" { signature = "() -> (given: File)", command = { "cp", "mine.txt", "$given" } } {}
local other = step "other" { signature = "() -> (given: File)", command = { "cp", "look.py", "$given" } } {}
local stays = step "stays" { signature = "(n: Int) -> (n: Int)", python = "within.py:stays" }
local function look(name, files)
  return step(name) { signature = "(given: File, pid: Int, n: Int) -> (seen: Json)", python = "within.py:look", files = files }
end
stays { 2 }
look("first", { "mine.txt" }) { given, pid = p.driver, n = 1 }
look("again", { "mine.txt" }) { given, pid = p.driver, n = 2 }
look("outside", { "mine.txt", "linked.txt", "data" }) { given, pid = p.driver, n = 1 }
Z
sleep 300 &
other=$!
ZPL_TOOLS=$TMP/elsewhere expect 0 zpl run --jobs 2 within.zpl --driver $other --json
kill $other
within() { # within STEP KEY
    json out "[s['outputs']['seen']['value'] for s in j['steps'] if s['name'] == '$1'][0]['$2']"
}
for step in first again; do
    for key in passwd mine input tool "write null" "write beside" "write TMPDIR"; do
        equal "$(within $step "$key")" "done" "$step: $key"
    done
    for key in store artifacts host memory home secret linked unknown data "write here" "write new" "write tmp" "write input" \
        "new scratch" remove; do
        equal "$(within $step "$key")" "Permission denied" "$step: $key"
    done
    equal "$(within $step signal)" "Operation not permitted" "$step: a signal to the process that forked it"
    equal "$(within $step others)" '["No such file or directory", "Permission denied"]' "$step: other steps' scratch"
    equal "$(within $step child)" 1 "$step: a child's look"
done
for key in linked data; do
    equal "$(within outside "$key")" "done" "declared $key"
done
[ ! -e /tmp/zpl-written ] && [ ! -e new.txt ] && [ -e mine.txt ] || fail "something was written"
cat >connect.zpl <<'Z'
local function connect(name, network)
  step(name) { signature = "(n: Int) -> (n: Int)", python = "within.py:connect", network = network } { 1 }
end
connect("refused", nil)
connect("open", true)
Z
expect 1 zpl run connect.zpl
contains out "1 ran, 1 failed"
contains err "step refused failed: within.py"
contains err "it tried to open a network connection: if it is meant to, declare \`network = true\` in the step"

# the network: none without a word, and then the error says which
cat >net.py <<'P'
import ctypes, socket, sys, threading
server = socket.socket(socket.AF_UNIX)
def server_of(family, kind):
    s = socket.socket(family, kind)
    s.close()
if len(sys.argv) > 2:
    threading.Thread(target=server_of, args=(socket.AF_INET6, socket.SOCK_DGRAM)).start()
    server_of(socket.AF_INET, socket.SOCK_STREAM)
# io_uring makes sockets too
if ctypes.CDLL(None, use_errno=True).syscall(425, 0, 0) != -1 or ctypes.get_errno() not in (38, 22, 14, 1):
    sys.exit(4)
open(sys.argv[1], "w").write("1")
P
cat >net.zpl <<'Z'
local function net(name, network, ...)
  step(name) { signature = "() -> (n: Int)", command = { "python3", "net.py", "$n", ... }, network = network } {}
end
net("local", nil)
net("refused", false, "net")
net("open", true, "net")
Z
expect 1 zpl run net.zpl
contains out "2 ran, 1 failed"
contains err "step refused failed: 'python3' ended with exit code 1"
contains err "PermissionError: [Errno 13] Permission denied"
contains err "it tried to open a network connection: if it is meant to, declare \`network = true\` in the step"
# it counts for the step as its words do
sed -i 's/net("local", nil)/net("local", true)/' net.zpl
expect 0 zpl why net.zpl local
contains out "network: now"

# a command that failed because of this is told what it may
cat >writes.zpl <<'Z'
step "writes" { signature = "() -> (n: Int)", command = { "sh", "-c", "echo 1 > log.txt && echo 1 > $n" } } {}
Z
expect 1 zpl run writes.zpl
contains err "it writes its outputs, and below \$TMPDIR"

# programs: one that is no program, one outside that the words name, one beside a PATH of its own
echo 'echo 1 >$1' >plain.sh
mkdir ../tools ../tools/bin ../tools/lib
printf '#!/bin/sh\n. ../tools/lib/part\n' >../tools/bin/tool
echo 'echo 1 >$1' >../tools/lib/part
chmod +x ../tools/bin/tool
cat >programs.zpl <<'Z'
step "plain" { signature = "() -> (n: Int)", command = { "./plain.sh", "$n" } } {}
step "named" { signature = "() -> (n: Int)", command = { "../tools/bin/tool", "$n" } } {}
step "path"  { signature = "() -> (n: Int)", command = { "sh", "-c", "tool $n" }, vars = { PATH = "TOOLS/bin:/usr/bin:/bin" } } {}
Z
sed -i "s|TOOLS|$TMP/tools|" programs.zpl
expect 1 zpl run programs.zpl
contains out "2 ran, 1 failed"
contains err "step plain failed: cannot start './plain.sh': Permission denied"
contains err "it has to be executable"

# Kernels of one's own and Lua bodies have no network and write nothing else either.
cat >own.c <<'T'
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include "stdlib/kernel.h"
static int own(struct zpl_kernel_context *ctx)
{
    int secret = open("../outside/secret.txt", O_RDONLY), mine = open("mine.txt", O_RDONLY);
    int made = open("made.txt", O_WRONLY | O_CREAT, 0644), inet = socket(AF_INET, SOCK_STREAM, 0);
    if (secret >= 0 || made >= 0 || inet >= 0 || errno != EACCES || socket(AF_UNIX, SOCK_STREAM, 0) < 0)
        return ctx->fail(ctx, "opened: %d %d %d %d", secret, mine, made, inet);
    return ctx->output_json(ctx, "n", "1");
}
ZPL_KERNEL(own) = {.abi = ZPL_KERNEL_ABI_VERSION, .name = "own", .run = own};
T
"${CC:-cc}" -shared -fPIC -I"$ROOT" -o own.so own.c
echo 'step "own" { signature = "() -> (n: Int)", kernel = "own.so:own" } {}' >own.zpl
expect 0 zpl run own.zpl

# zpl within a step: the inner one's steps are confined too, and have no network by the outer one's word.
mkdir inner
sed 's/"local", true/"local", nil/' net.zpl >inner/net.zpl
cp net.py inner
cat >outer.zpl <<'Z'
local p = params { zpl = String }
step "outer" { signature = "(zpl: String) -> (told: File)", vars = { "DUCKDB_DIR", "XGBOOST_DIR" },
               command = { "sh", "-c", "cp -r inner $$TMPDIR && cd $$TMPDIR/inner && $zpl run net.zpl >$told 2>&1; test $$? = 1" } }
  { zpl = p.zpl }
Z
expect 0 zpl run outer.zpl --zpl "$ZPL"
told=$(find .zpl/objects -type f -exec grep -l 'next: zpl' {} +)
contains "$told" "ran       local"
contains "$told" "step refused failed: 'python3' ended with exit code 1"
grep -q "step open failed: 'python3' ended with exit code 1\|the same of open" "$told" ||  # both may print the same
    fail "nothing is said of the step whose network is open"

# A kernel that has neither: nothing is refused, and zpl says so.
cat >without.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long given[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        given[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_create_ruleset || number == SYS_seccomp) {
        errno = ENOSYS;
        return -1;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
C
"${CC:-cc}" -shared -fPIC -o without.so without.c -ldl
export LD_PRELOAD="$PWD/without.so"
run zpl version
contains out "files not, as this kernel has no Landlock, network not"
expect 0 zpl run writes.zpl
expect 0 zpl run net.zpl
