# The types table, both ways: values of every type go from pyarrow through a source, a query, a Lua body,
# a command and a kernel, and pyarrow reads them again from the store, each the very same and of the very
# type; every other Arrow type becomes what the table says; what can't cross is told with row, column and
# value.      Time limit: 600 s
#     TYPES_SEED=n   other values      TYPES_ROWS=n   more of them
. "$ROOT/tests/lib.sh"
PY=$ROOT/build/oracle/bin/python
[ -x "$PY" ] || skip "there is no Python with pyarrow: run make oracle"
types="$PY $ROOT/tests/e2e/types_property.py"
export PYTHONDONTWRITEBYTECODE=1

# stored STEP: the file of the table that the step in ./out made
stored() {
    digest=$(json out "[list(s['outputs'].values())[0]['digest'] for s in j['steps'] if s['name'] == '$1'][0]")
    find .zpl/objects -type f -name "*$(echo "$digest" | cut -c 5-)*" | head -n 1
}

cat >pass.c <<'T'
#include "stdlib/kernel.h"
static int pass(struct zpl_kernel_context *ctx)
{
    struct ArrowArrayStream in;
    return ctx->input_table(ctx, "rows", &in) || ctx->output_table(ctx, "out", &in);
}
ZPL_KERNEL(pass) = {.abi = ZPL_KERNEL_ABI_VERSION, .name = "pass", .run = pass};
T
"${CC:-cc}" -shared -fPIC -I"$ROOT" -o pass.so pass.c

# every type of the language, whoever has the values in hand
$types write "${TYPES_SEED:-1}" "${TYPES_ROWS:-4000}"
expect 0 zpl run all.zpl --json
set --
for step in parquet.read free query lua command kernel few csv; do
    set -- "$@" $step "$(stored $step)"
done
$types check "$@"

# the other types of Arrow
$types foreign
echo 'parquet.read "foreign.parquet"' >foreign.zpl
expect 0 zpl run foreign.zpl --json
$types foreign "$(stored parquet.read)"

# what can't cross from a file: told with row, column and value
$types misfits
while read -r name; do
    run zpl run "misfits/$name.zpl"
    [ "$code" != 0 ] || fail "misfits/$name.parquet was read"
    mv err "misfits/$name.err"
done <misfits.txt
$types told

# told CODE WORDS: a step of the last run failed so
told() {
    contains err "error[$1]"
    contains err "$2"
}

# from a query: what came out, and where in it DuckDB stopped
cat >sql.zpl <<'T'
local p = params { q = 1 }
local rows = sql { [[ SELECT i, 'x' || i AS s FROM range(5000) t(i) ]], as = "rows" }
if p.q == 1 then sql [[ SELECT i // 1000 AS k, sum((i // 1000 = 2)::INT * 9223372036854775807) AS total FROM rows GROUP BY k ORDER BY k ]] end
if p.q == 2 then sql [[ SELECT CASE WHEN i = 4321 THEN TIMESTAMP_NS '2024-01-01 00:00:00.123456789' END AS at FROM rows ]] end
if p.q == 3 then sql [[ SELECT 'infinity'::DATE AS day FROM rows ]] end
if p.q == 4 then sql [[ SELECT list(i::HUGEINT << 62 ORDER BY i) AS l FROM rows WHERE i < 3 ]] end
if p.q == 5 then sql [[ SELECT i,
                               CAST(s AS BIGINT) AS n FROM rows ]] end
if p.q == 6 then sql [[ SELECT i * 0.1 AS x, i::DECIMAL(38, 20) / 3 AS y, 'nan'::FLOAT AS z FROM rows ]] end
T
expect 1 zpl run sql.zpl --q 1
told E403 "row 3, column 'total': 9223372036854775807000 does not fit an Int, which has 64 bits"
contains err "CAST(x AS DOUBLE)"
expect 1 zpl run sql.zpl --q 2
told E403 "row 4322, column 'at': 2024-01-01 00:00:00.123456789 does not fit a Timestamp"
expect 1 zpl run sql.zpl --q 3
told E403 "row 1, column 'day': infinity is no day"
expect 1 zpl run sql.zpl --q 4
told E403 "row 1, column 'l': 9223372036854775808 does not fit an Int"
expect 1 zpl run sql.zpl --q 5
told E400 "Could not convert string 'x0' to INT64"
contains err "line 2 of the query: CAST(s AS BIGINT) AS n"
expect 0 zpl run sql.zpl --q 6

# from a Lua body
cat >lua.zpl <<'T'
local p = params { q = 1 }
local function one (t, v)
  return step "one" { inputs = { rows = Table { i = Int } }, outputs = { out = Table { c = t } },
                      lua = function (t) return { c = { nil, v } } end }
end
local rows = sql { [[ SELECT 1 AS i ]], as = "rows" }
local all = { { Int, 2.5 }, { Float, 9007199254740993 }, { Date, "2024-13-01" }, { Timestamp, 9223372036854775807 },
              { Json, "{" }, { List(Int), { 1, "x" } }, { List(Date), { "2024-01-01", "x" } }, { String, "\xC3(" } }
one(all[p.q][1], all[p.q][2]) { rows }
T
n=0
while read -r words; do
    n=$((n + 1))
    expect 1 zpl run lua.zpl --q $n
    contains err "column 'c'"
    contains err "row 2"
    contains err "$words"
done <<'T'
2.5
9007199254740993
'2024-13-01' is no Date
is no point in time
'{' is no Json
a string, wanted Int
'x' is no Date
not UTF-8
T

# from a command, and from a kernel
cat >command.zpl <<'T'
local rows = sql { [[ SELECT 1 AS i ]], as = "rows" }
local copy = step "copy" { inputs = { rows = Table { i = Int } }, outputs = { out = Table { x = Int } },
                           command = { "cp", "misfits/uint64.parquet", "$out" } }
copy { rows }
T
expect 1 zpl run command.zpl
told E061 "row 2 of output 'out': column 'x' holds '9223372036854775808', which does not fit an Int"
cat >wrong.c <<'T'
#include <stdlib.h>
#include <string.h>
#include "stdlib/kernel.h"
static const char *formats[] = {"L", "tsn:", "u", "+l", "tsn:UTC"};
static const uint64_t large[] = {1, 1ull << 63};
static const int64_t fine[] = {1000, 1717243200123456789};
static const int32_t ends[] = {0, 1, 3}, lists[] = {0, 0, 2};
static const int8_t indices[] = {0, 1};
static const void *whole[] = {NULL}, *b0[] = {NULL, large}, *b1[] = {NULL, fine}, *b2[] = {NULL, ends, "a\xC3("},
                  *b3[] = {NULL, lists}, *bi[] = {NULL, indices};
static const void **buffers[] = {b0, b1, b2, b3, b1};
static int64_t which, given;
static struct ArrowSchema words = {.format = "u"}, inner = {.format = "c", .name = "item", .flags = 2},
                          column = {.name = "x", .flags = 2}, *columns[] = {&column}, *items[] = {&inner};
static struct ArrowArray dictionary = {.length = 2, .n_buffers = 3, .buffers = b2},
                         places = {.length = 2, .n_buffers = 2, .buffers = bi, .dictionary = &dictionary},
                         array = {.length = 2}, *arrays[] = {&array}, *item_arrays[] = {&places};
static void no_schema(struct ArrowSchema *s) { s->release = NULL; }
static void no_array(struct ArrowArray *a) { a->release = NULL; }
static int schema(struct ArrowArrayStream *s, struct ArrowSchema *out)
{
    (void)s;
    column.format = formats[which];
    inner.dictionary = &words;
    column.release = inner.release = words.release = no_schema;
    column.n_children = which == 3;
    column.children = items;
    *out = (struct ArrowSchema){.format = "+s", .name = "", .n_children = 1, .children = columns, .release = no_schema};
    return 0;
}
static int next(struct ArrowArrayStream *s, struct ArrowArray *out)
{
    (void)s;
    memset(out, 0, sizeof *out);
    if (given++ > 0)
        return 0;
    array.n_buffers = which == 2 ? 3 : 2;
    array.buffers = buffers[which];
    array.n_children = which == 3;
    array.children = item_arrays;
    array.release = places.release = dictionary.release = no_array;
    *out = (struct ArrowArray){.length = 2, .n_buffers = 1, .buffers = whole, .n_children = 1, .children = arrays, .release = no_array};
    return 0;
}
static const char *error(struct ArrowArrayStream *s) { (void)s; return ""; }
static void done(struct ArrowArrayStream *s) { s->release = NULL; }
static int wrong(struct zpl_kernel_context *ctx)
{
    struct ArrowArrayStream out = {schema, next, error, done, NULL};
    given = 0;
    return !ctx->param_int(ctx, "q", &which) || ctx->output_table(ctx, "out", &out);
}
ZPL_KERNEL(wrong) = {.abi = ZPL_KERNEL_ABI_VERSION, .name = "wrong", .run = wrong};
T
"${CC:-cc}" -shared -fPIC -I"$ROOT" -o wrong.so wrong.c
cat >kernel.zpl <<'T'
local p = params { q = 0 }
local types = { Int, Timestamp, String, List(String), Timestamp }
local rows = sql { [[ SELECT 1 AS i ]], as = "rows" }
local wrong = step "wrong" { inputs = { rows = Table { i = Int } }, params = { q = Int },
                             outputs = { out = Table { x = types[p.q + 1] } }, kernel = "wrong.so:wrong" }
wrong { rows, q = p.q }
T
n=0
while read -r words; do
    expect 1 zpl run kernel.zpl --q $n
    told E403 "$words"
    n=$((n + 1))
done <<'T'
row 2, column 'x': 9223372036854775808 does not fit an Int
row 2, column 'x': 2024-06-01 12:00:00.123456789 does not fit a Timestamp
row 2, column 'x': '\xC3(' is no text: it is not UTF-8
row 2, column 'x': '\xC3(' is no text: it is not UTF-8
column 'x' has the Arrow format 'tsn:UTC', which tables have no type for
T

# columns of a Parquet file whose names are alike are told, not renamed
$PY - <<'P'
import pyarrow as pa, pyarrow.parquet as pq
for n, names in enumerate([["a", "a", "a_1"], ["a", "A"], ["a\0b", "c"], ["l", "l_1", "s"]]):
    columns = [pa.array([1]) if c != "l" else pa.array([[[1]]]) for c in names]
    pq.write_table(pa.Table.from_arrays(columns, names=names), "names%d.parquet" % n)
P
for n in 0 1 2 3; do echo "local rows = parquet.read 'names$n.parquet'" >names$n.zpl; done
expect 3 zpl check names0.zpl
contains err "has two columns called 'a'"
expect 3 zpl check names1.zpl
contains err "has two columns called 'A'"
expect 3 zpl check names2.zpl
contains err "has a NUL in the name of its column 1"
expect 0 zpl check names3.zpl
