# The test runner itself: what it counts, what it shows, when it fails.
. "$ROOT/tests/lib.sh"

mkdir -p project/tests/e2e project/tests/cases/a project/build
cp "$ROOT/tests/run.sh" "$ROOT/tests/one.sh" "$ROOT/tests/lib.sh" project/tests/
cat >project/build/zpl <<'S'
#!/bin/sh
echo "checked $2"
[ "$2" != bad.zpl ] || { echo "bad.zpl:1:1: error" >&2; exit 3; }
S
chmod +x project/build/zpl
unset CI T ACCEPT WRAP JOBS
runner() {
    expected=$1
    shift
    expect "$expected" env BUILD=build "$@"
}
run_e2e="project/tests/run.sh e2e"
run_cases="project/tests/run.sh cases"

# No test is no success.
runner 1 $run_e2e
equal "$(tail -n 1 out)" "0 passed, 0 failed"

# A failing test is shown with what it said; a test has a folder of its own, and a limit.
echo '. "$ROOT/tests/lib.sh"; expect 0 zpl check x.zpl; contains out "checked x.zpl"; [ -z "$(ls -A .. | grep keep)" ]' \
    >project/tests/e2e/001-good.sh
runner 0 $run_e2e
equal "$(tail -n 1 out)" "1 passed, 0 failed"
echo 'touch keep; echo "my own words"; exit 4' >project/tests/e2e/002-bad.sh
printf '# Time limit: 1 s\nsleep 30\n' >project/tests/e2e/003-slow.sh
runner 1 $run_e2e
contains out "my own words"
contains out "e2e/002-bad"
contains out "met its time limit of 1 s"
equal "$(tail -n 1 out)" "1 passed, 2 failed"
runner 0 T=good $run_e2e

# The longest begin first, where several run at a time.
for limit in 70 80 90; do
    printf '# Time limit: %s s\necho %s >>"$ROOT/begun"; sleep 0.2\n' $limit $limit >project/tests/e2e/004-order-$limit.sh
done
echo 'echo 60 >>"$ROOT/begun"; sleep 0.2' >project/tests/e2e/004-order-60.sh
runner 0 JOBS=1 T=order $run_e2e
equal "$(tr '\n' ' ' <project/begun)" "60 70 80 90 "
rm project/begun
runner 0 JOBS=2 T=order $run_e2e
equal "$(sort -n project/begun | tr '\n' ' ')" "60 70 80 90 "
case $(head -n 2 project/begun | sort | tr '\n' ' ') in "80 90 ") ;; *) fail "they began in this order: $(cat project/begun)" ;; esac
rm project/begun project/tests/e2e/004-*

# What a test leaves running ends with it.
printf 'sleep 300 &\necho $! >"$ROOT/left"\n' >project/tests/e2e/002-bad.sh
runner 0 T=bad $run_e2e
running() { case $(ps -o stat= -p "$1") in "" | Z*) return 1 ;; esac; }
! running "$(cat project/left)" || fail "a process outlived its test"

# Skipped: told; under CI it has failed.
echo 'exit 77' >project/tests/e2e/002-bad.sh
runner 1 T=bad $run_e2e
contains out "skipped: e2e/002-bad"
equal "$(tail -n 1 out)" "0 passed, 0 failed"
runner 1 CI=true T=bad $run_e2e
equal "$(tail -n 1 out)" "0 passed, 1 failed"

# Golden files: none is a failure, accepting makes them, exact afterwards.
echo 1 >project/tests/cases/a/good.zpl
echo 1 >project/tests/cases/a/bad.zpl
echo 'zpl check good.zpl | tr a-z A-Z' >project/tests/cases/a/loud.cmd
runner 1 $run_cases
equal "$(tail -n 1 out)" "0 passed, 3 failed"
runner 0 ACCEPT=1 $run_cases
equal "$(cat project/tests/cases/a/bad.code)" 3
equal "$(cat project/tests/cases/a/bad.err)" "bad.zpl:1:1: error"
equal "$(cat project/tests/cases/a/loud.out)" "CHECKED GOOD.ZPL"
[ ! -e project/tests/cases/a/good.code ] || fail "exit code 0 was written"
runner 0 $run_cases
equal "$(tail -n 1 out)" "3 passed, 0 failed"
echo more >>project/tests/cases/a/bad.err
runner 1 $run_cases
contains out "-more"
equal "$(tail -n 1 out)" "2 passed, 1 failed"
rm project/tests/cases/a/bad.code
runner 1 T=bad $run_cases
