# What a step may print: a gigabyte, bytes of no text, one endless line, bars of progress, nothing with
# its output closed.  And what may become of zpl's own output: nobody reads it, or there is no room.
# Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
cat >print.py <<'P'
import os, sys
how, code, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def write(data):
    while data:
        data = data[os.write(1, data):]
if how == "gigabyte":
    block = b"".join(b"line %07d of the flood ......................\n" % i for i in range(20000))
    write(b"first words\n")
    for i in range((1 << 30) // len(block) + 1):
        write(block)
elif how == "binary":
    write(bytes(range(256)) * 16 + b"\xff\xfe\xc3\x28\n")
elif how == "line":
    for i in range(160):
        write(b"x" * 65536)
    write(b"\n")
elif how == "bars":
    write(b"".join(b"\r%5d of 50000" % i for i in range(50000)) + b"\n")
elif how == "closed":
    os.close(1)
    os.close(2)
if how != "closed":
    write(b"last words\n")
open(out, "w").write("1")
sys.exit(code)
P
cat >print.zpl <<'Z'
local p = params { how = String, code = 0 }
step "print" { signature = "(how: String, code: Int) -> (n: Int)", command = { "python3", "print.py", "$how", "$code", "$n" } }
  { how = p.how, code = p.code }
Z
peak() { # peak COMMAND...: the resident memory, in KiB, of the largest of its processes, in $kib
    run python3 -c 'import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)' "$@"
    kib=$(cat out)
}
# All that a flood costs is its head and its tail, in the store and in memory.
peak zpl run print.zpl --how closed
equal "$code" 0
still=$kib
before=$(date +%s)
peak zpl run print.zpl --how gigabyte
equal "$code" 0
[ $(($(date +%s) - before)) -lt 60 ] || fail "a gigabyte took over a minute"
[ $((kib - still)) -lt 65536 ] || fail "a gigabyte of log took $kib KiB, nothing $still"
expect 0 zpl logs last
bytes=$(wc -c <out)
[ "$bytes" -gt 2000000 ] && [ "$bytes" -lt 2200000 ] || fail "$bytes bytes of log are kept"
contains out "first words"
contains out "bytes left out"
equal "$(tail -n 1 out)" "last words"
[ "$(wc -c <.zpl/zpl.db)" -lt 8000000 ] || fail "the database is too large"

# What is told of a failure is its end, whatever came before.
for how in gigabyte binary line bars; do
    expect 1 zpl run print.zpl --how $how --code 3
    contains err "step print failed: 'python3' ended with exit code 3"
    contains err "last words"
    [ "$(wc -c <err)" -lt 4000 ] || fail "$how: $(wc -c <err) bytes of error"
done
contains err "49999 of 50000"
lacks err "49998 of 50000"
expect 0 zpl run print.zpl --how binary --json
expect 0 zpl logs last
python3 - out <<'P' || fail "bytes of a log were changed"
import sys
sys.exit(bytes(range(256)) * 16 + b"\xff\xfe\xc3\x28\nlast words\n" not in open(sys.argv[1], "rb").read())
P

# Nobody reads what zpl says, or it can't be written: the run goes on to its end and is written down.
for how in early closed full; do
    rm -rf .zpl
    case $how in
    early) (zpl run print.zpl --how bars && echo $? >code || echo $? >code) 2>err | true ;;
    closed) (code=0 && zpl run print.zpl --how bars >&- 2>err || code=$? && echo $code >code) ;;
    full) (code=0 && zpl run print.zpl --how bars >/dev/full 2>full.err || code=$? && echo $code >code) ;;
    esac
    wait_for 20 test -s code
    ended=$(cat code)
    rm code
    expect 0 zpl runs --json
    equal "$(json out "j['runs'][0]['status']")" done "with its output $how the run"
    case $how in
    full) [ "$ended" != 0 ] && contains full.err "standard output can't be written" ;;
    esac
done
