# Steps whose body is a command or a kernel of the user's own: what they see, what they give, what
# counts for them and what does not, and how each way to fail is told.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3

cat >rows.csv <<'T'
a,b,name
3,0.5,x
1,0.25,y
2,,z
T
cat >tidy.py <<'T'
import csv, json, os, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print("columns", ",".join(rows[0]), "in", os.path.basename(os.getcwd()), os.environ.get("WHO"), os.environ.get("LEAK"))
with open(sys.argv[2], "w") as f:
    out = csv.writer(f)
    out.writerow(["twice", "a"])
    for row in sorted(rows, key=lambda row: int(row["a"])):
        out.writerow([int(row["a"]) * int(sys.argv[3]), row["a"]])
json.dump({"n": len(rows), "mean": 0.5}, open(sys.argv[4], "w"))
T
cat >tidy.zpl <<'T'
local p    = params { k = 2 }
local rows = csv.read "rows.csv"
local tidy = step "tidy" {
  signature = "(rows: Table {b: Float, a: Int}, k: Int) -> (out: Table {a: Int, twice: Int}, info: Report {n: Int, mean: Float})",
  command = { "python3", "tidy.py", "$rows.csv", "$out.csv", "$k", "$info" },
  vars = { "WHO" },
}
local out, info = tidy { rows, k = p.k }
local file = step "file" { signature = "(rows: Table {...r}) -> (f: File)", command = { "cp", "-L", "$rows", "$f" } } { out }
local sum  = sql [[ SELECT sum(twice) AS twice FROM out ]]
T
LEAK=1 WHO=me expect 0 zpl run tidy.zpl --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'tidy']")" '["ran"]'
equal "$(json out "[s['outputs']['info']['value'] for s in j['steps'] if s['name'] == 'tidy'][0]")" '{"mean": 0.5, "n": 3}'
expect 0 zpl logs 1/tidy
contains out "columns b,a in $(basename "$PWD") me None"
expect 0 zpl show 1/tidy/out
contains out "3 rows"

# what counts, and what does not
again() { # again STATUS: how the step tidy ends now
    expect 0 zpl run tidy.zpl --json
    equal "$(status_of out tidy)" "$1" "after a change the step tidy"
}
again cached
echo '# a comment is a change to a script' >>tidy.py && again ran
again cached
sed -i 's/name/called/' rows.csv && again cached
sed -i 's/0.25/0.75/' rows.csv && again ran
sed -i 's/"WHO"/"WHO", X = "1"/' tidy.zpl && again ran
sed -i 's/-- .*//; s/command = {/command   =   {/' tidy.zpl && again cached
expect 0 zpl plan tidy.zpl --k 3 --json
equal "$(status_of out tidy)" would_run
expect 0 zpl why tidy.zpl tidy --k 3
contains out "k: 2 → 3"

# every way to fail, each told as the step's own; the others go on, nothing is left running
cat >fail.zpl <<'T'
local rows = csv.read "rows.csv"
local function try(name, ...)
  step(name) { signature = "(rows: Table {a: Int}) -> (out: Table {a: Int}, n: Int)", command = { ... } } { rows }
end
try("absent", "no-such-program", "$rows", "$out", "$n")
try("nothing", "true", "$rows", "$out", "$n")
try("three", "sh", "-c", "echo it was bad >&2; exit 3", "$out", "$n")
try("killed", "sh", "-c", "kill -9 $$$$", "$out", "$n")
try("column", "sh", "-c", "echo hello > $$0; echo 1 > $$1", "$out.csv", "$n")
try("value", "sh", "-c", "printf 'a\nx\n' > $$0; echo 1 > $$1", "$out.csv", "$n")
try("json", "sh", "-c", "printf 'a\n1\n' > $$0; echo one > $$1", "$out.csv", "$n")
try("kind", "sh", "-c", "printf 'a\n1\n' > $$0; echo 1.5 > $$1", "$out.csv", "$n")
try("garbage", "sh", "-c", "echo garbage > $$0; echo 1 > $$1", "$out", "$n")
try("folder", "mkdir", "$out.csv", "$n")
try("daemon", "sh", "-c", "cp $$2 $$0; echo 1 > $$1; (sleep 4711 &)", "$out.csv", "$n", "$rows.csv")
T
expect 1 zpl run fail.zpl
told() {
    contains err "step $1 failed: $2"
}
told absent "cannot start 'no-such-program': No such file or directory"
told nothing "output 'out' was not written"
told three "'sh' ended with exit code 3"
contains err "it was bad"
told killed "'sh' ended with signal 9 (SIGKILL)"
told column "output 'out' has no column 'a'"
told value "row 1 of output 'out': column 'a' holds 'x', which is no Int"
told json "output 'n' is no JSON"
told kind "output 'n' is a fraction, but Int is declared"
told garbage "output 'out' is not a Parquet file"
told folder "output 'out' is a folder, not a file"
contains out "1 ran, 1 cached, 10 failed"
! pgrep -f 'sleep 4711' >/dev/null || fail "a process of a step is left"
equal "$(find .zpl/scratch -mindepth 1 ! -name guard | wc -l)" 0 "what is left in scratch"

# what a type promises holds for values too, of a command and of a Lua body
cat >promise.zpl <<'T'
local function try(name, type, text, value)
  step(name .. "_command") { signature = "() -> (v: " .. type .. ")",
                             command = { "sh", "-c", "printf '%s' '" .. text .. "' > $$0", "$v" } } {}
  step(name .. "_lua") { signature = "() -> (v: " .. type .. ")", lua = function () return value end } {}
end
try("good", "Int 0..5", "5", 5)
try("range", "Int 0..5", "99", 99)
try("match", 'String match "^x"', '"q"', "q")
try("enum", 'Enum {"a", "b"}', '"zz"', "zz")
try("report", "Report {n: Int 0..5}", '{"n": 6}', { n = 6 })
T
expect 1 zpl run promise.zpl
for body in command lua; do
    told range_$body "output 'v' is 99, which is above the maximum 5"
    told match_$body "output 'v' is \"q\", which does not match"
    told enum_$body "output 'v' is "
    told report_$body "output 'v' has a field 'n' that is 6, which is above the maximum 5"
done
contains out "2 ran, 8 failed"

# kernels of one's own
cat >scale.c <<'T'
#include "stdlib/kernel.h"
static int scale(struct zpl_kernel_context *ctx)
{
    struct ArrowArrayStream in;
    int64_t by;
    char json[64];
    if (!ctx->param_int(ctx, "by", &by) || by < 0)
        return ctx->fail(ctx, "by is negative");
    if (ctx->input_table(ctx, "rows", &in) != 0)
        return 1;
    __builtin_snprintf(json, sizeof json, "{\"rows\":%lld,\"by\":%lld}", (long long)ctx->input_rows(ctx, "rows"), (long long)by);
    ctx->log(ctx, "scaling by %d", (int)by);
    return ctx->output_table(ctx, "out", &in) || ctx->output_json(ctx, "info", json);
}
static int crash(struct zpl_kernel_context *ctx) { (void)ctx; *(volatile int *)0 = 1; return 0; }
ZPL_KERNEL(scale) = {.abi = ZPL_KERNEL_ABI_VERSION, .name = "scale", .run = scale};
ZPL_KERNEL(crash) = {.abi = ZPL_KERNEL_ABI_VERSION, .name = "crash", .run = crash};
ZPL_KERNEL(old) = {.abi = 0, .name = "old", .run = scale};
T
"${CC:-cc}" -shared -fPIC -I"$ROOT" -o scale.so scale.c
cat >own.zpl <<'T'
local p     = params { by = 2, name = "scale" }
local scale = step "own" { signature = "(rows: Table {a: Int}, by: Int) -> (out: Table {a: Int}, info: Report {rows: Int, by: Int})",
                           kernel = "scale.so:" .. p.name }
scale { csv.read "rows.csv", by = p.by }
T
expect 0 zpl run own.zpl --json
equal "$(json out "[s['outputs']['info']['value'] for s in j['steps'] if s['name'] == 'own'][0]")" '{"by": 2, "rows": 3}'
expect 0 zpl run own.zpl --json
equal "$(status_of out own)" cached
sed -i 's/scaling by/scaled by/' scale.c
"${CC:-cc}" -shared -fPIC -I"$ROOT" -o scale.so scale.c
expect 0 zpl run own.zpl --json
equal "$(status_of out own)" ran "after another build of the library, the step"
expect 1 zpl run own.zpl --by -1
contains err "by is negative"
expect 1 zpl run own.zpl --name crash
contains err "signal 11 (SIGSEGV)"
expect 1 zpl run own.zpl --name old
contains err "is made for version 0 of the kernel interface"
expect 1 zpl run own.zpl --name other
contains err "defines no kernel 'other'"
mv scale.so away.so
expect 3 zpl check own.zpl
contains err "there is no library 'scale.so'"

# An error of a Lua body says the line and the variable of the program, and a comment above changes no key.
cat >wrong_body.zpl <<'Z'
local limit
local wrong = step "wrong" { signature = "(n: Int) -> (n: Int)", lua = function (t)
  local sum = nil
  return sum + 1
end }
local taken = step "taken" { signature = "(n: Int) -> (n: Int)", lua = function (t) return limit + t.n end }
local right = step "right" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n end }
wrong { 1 } taken { 1 } right { 1 }
Z
expect 1 zpl run wrong_body.zpl
contains err "arithmetic on a nil value (local 'sum')"
contains err "at wrong_body.zpl:4, in the body"
contains err "arithmetic on a nil value (captured value 'limit')"
lacks err "null cell"
cat >null_cell.zpl <<'Z'
local rows = sql [[ SELECT i AS k, CASE WHEN i <> 7 THEN i * 2.5 END AS x FROM range(1, 11) r(i) ]]
local total = step "total" { signature = "(rows: Table {k: Int, x: Float}) -> (sum: Float)", lua = function (t)
  local sum = 0
  for i = 1, #t.rows do sum = sum + t.rows.k[i] * t.rows.x[i] end
  return sum
end }
total { rows }
Z
expect 1 zpl run null_cell.zpl
contains err "the last null cell that was read is row 7 of 'rows', column 'x'"
sed -i '1i -- a comment' wrong_body.zpl
expect 1 zpl run wrong_body.zpl
contains err "at wrong_body.zpl:5, in the body"
contains out "cached    right"
