# A store with no room left, a step that is deaf to SIGTERM or crashes, outputs that are half written, a
# clock that is set back while zpl runs.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
flights flights.csv 40000
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT *, distance * random_free AS more FROM (SELECT *, hash(date, delay, distance) % 1000003 AS random_free FROM flights) ]]
Z
sed -i 's/distance \* random_free AS more/(random_free * 7919 % 1000003)::BIGINT AS more/; s/SELECT \*, hash(date, delay, distance) % 1000003 AS random_free/SELECT *, (hash(date, delay, distance) % 1000003)::BIGINT AS random_free/' p.zpl
expect 0 zpl run p.zpl --json
made() {
    json out "[[o['digest'] for o in s['outputs'].values()] for s in j['steps']]"
}
expected=$(made)
objects=$(du -sk .zpl/objects | cut -f1)
[ "$objects" -gt 500 ] || fail "the outputs are too small to fill anything: $objects KiB"

# no room: a small file system, where it may be mounted
cat >small.sh <<'S'
set -eu
zpl=$1 full=$2 size=$3
rm -rf .zpl
mkdir .zpl
mount -t tmpfs -o size=$size none .zpl
code=0
"$zpl" run p.zpl >small.out 2>small.err || code=$?
echo $code >small.code
find .zpl/objects -type f 2>/dev/null | sed 's|\(.*objects/\)\(..\)/\(.*\)|\2\3  \1\2/\3|' >listed
[ ! -s listed ] || sha256sum --quiet -c listed >torn 2>&1 || { echo torn >small.code; exit 0; }
mount -o remount,size=$full .zpl
"$zpl" run p.zpl --json >out 2>err || echo "after room was made: $?" >small.code
S
mounts="unshare -m"
[ "$(id -u)" = 0 ] || mounts="unshare -Urm"
if $mounts sh -c 'mkdir -p mnt && mount -t tmpfs none mnt' 2>/dev/null; then
    met=0
    for size in 0 100 200 300 400 600 800 1200; do
        $mounts sh small.sh "$ZPL" 64m $((size + 4))k || fail "a store of $size KiB"
        case $(cat small.code) in
        0) ;;
        [134])
            met=$((met + 1))
            grep -qE 'No space left|disk.* full' small.err || fail "a store of $size KiB: $(cat small.err)"
            ;;
        *) fail "a store of $size KiB: $(cat small.code): $(cat small.err)" ;;
        esac
        equal "$(made)" "$expected" "what is made when a store of $size KiB has room again"
    done
    [ $met -gt 2 ] || fail "only $met of the small stores were full"
else
    # elsewhere each write of zpl's own fails once
    n=0 failures=0 quiet=0
    while [ $quiet -lt 3 ]; do
        rm -rf .zpl
        run env ZPL_FAULT="write:$n:ENOSPC" zpl run p.zpl --json
        if [ $code = 0 ]; then
            quiet=$((quiet + 1))
        else
            quiet=0 failures=$((failures + 1))
            grep -q 'error\[E[0-9]*\]: .*[a-z]' err || fail "write $n: ended with $code and said '$(cat err)'"
        fi
        expect 0 zpl run p.zpl --json
        equal "$(made)" "$expected" "what is made after a full disk at write $n"
        n=$((n + 1))
    done
    [ $failures -gt 0 ] || fail "no write ever failed"
fi
rm -rf .zpl

# a store that may be read, not written (root writes all the same: it takes another's place)
expect 0 zpl run p.zpl
other=$([ "$(id -u)" != 0 ] || echo "setpriv --reuid=65534 --regid=65534 --clear-groups")
chmod -R a-w,a+rX .zpl
chmod a+rX . ..
sed 's/more FROM/other FROM/' p.zpl >q.zpl
if $other test -r q.zpl && $other test -x "$ZPL" && [ -z "$other" -o -x "$(command -v setpriv)" ]; then
    run $other zpl run q.zpl
    [ $code = 1 ] || [ $code = 4 ] || fail "a store that can't be written: $code: $(cat err)"
    grep -qE 'ermission denied|readonly|read-only' err || fail "a store that can't be written: $(cat err)"
    expect 0 $other zpl check q.zpl
fi
chmod -R u+w .zpl

# steps
cat >steps.zpl <<'Z'
local rows = csv.read "flights.csv"
local function try(name, ...)
  step(name) { signature = "(rows: Table {delay: Int}) -> (out: Table {delay: Int})", command = { ... }, timeout = "20s" } { rows }
end
try("segfault", "sh", "-c", "kill -SEGV $$$$", "$out")
try("half", "sh", "-c", "head -c 2000 $rows > $out")
try("headless", "sh", "-c", "tail -c 2000 $rows > $out")
try("quoted", "sh", "-c", "printf 'delay\n1\n\"2' > $out.csv")
try("row", "sh", "-c", "printf 'delay\n1\n2,3\n' > $out.csv")
try("empty", "sh", "-c", ": > $out.csv")
try("link", "sh", "-c", "ln -s /etc/passwd $out.csv")
try("pipe", "mkfifo", "$out.csv")
Z
expect 1 zpl run steps.zpl
contains err "step segfault failed: 'sh' ended with signal 11 (SIGSEGV)"
for name in half headless quoted row empty link pipe; do
    contains err "step $name failed: output 'out' "
done
contains out "8 failed"

# deaf to SIGTERM, and so are its children: its time limit ends it all the same
cat >deaf.zpl <<'Z'
step "deaf" { signature = "() -> (n: Int)", timeout = "300ms",
              command = { "sh", "-c", "trap '' TERM; (trap '' TERM; sleep 4712) & sleep 4713; wait", "$n" } } {}
Z
before=$(date +%s%N)
expect 1 zpl run deaf.zpl
took=$((($(date +%s%N) - before) / 1000000))
contains err "it was not ready after its time limit of 300 ms"
[ $took -lt 15000 ] || fail "it took $took ms"
! pgrep -f 'sleep 471[23]' >/dev/null || fail "a process of a step is left"

# a clock that goes back an hour each time somebody looks
cat >back.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    static long looks;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, out);
    if (clock == CLOCK_REALTIME)
        out->tv_sec -= 3600 * ++looks;
    return result;
}
C
"${CC:-cc}" -shared -fPIC -o back.so back.c -ldl
rm -rf .zpl
for status in ran cached; do
    LD_PRELOAD=$PWD/back.so expect 0 zpl run p.zpl --json
    equal "$(made)" "$expected" "what is made with a clock set back"
    equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" "[\"$status\"]"
    equal "$(json out "[s['duration_ms'] for s in j['steps'] if not 0 <= s['duration_ms'] < 100000]")" "[]" "durations"
done
expect 0 zpl runs --json
equal "$(json out "[r['status'] for r in j['runs']]")" '["done", "done"]'
equal "$(json out "[r for r in j['runs'] if r.get('duration_ms', 0) < 0]")" "[]" "runs that took less than no time"
expect 0 zpl show last
lacks out " -"
