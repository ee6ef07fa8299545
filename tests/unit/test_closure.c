/* Lua bodies: what a body sees, what it may return, how it ends. */
#include "tests/unit/imaging.h"
#include <errno.h>
#include "lang/base/fault.h"

/* ---- running --------------------------------------------------------------------------------- */

#define CELLS_MAX 64

/* A table of literals, by column. */
struct cells {
    const char *const *columns;
    size_t column_count;
    int64_t rows;
    struct zpl_literal cells[CELLS_MAX]; /* column by column */
};

static bool read_cell(void *self, int64_t row, size_t column, struct zpl_literal *out)
{
    const struct cells *t = self;
    *out = t->cells[column * (size_t)t->rows + (size_t)row];
    return true;
}

static struct zpl_literal an_int(int64_t i)
{
    return (struct zpl_literal){.kind = ZPL_LIT_INT, .as.i = i};
}

static struct zpl_literal a_text(const char *s)
{
    return (struct zpl_literal){.kind = ZPL_LIT_STRING, .as.str = {.s = s, .n = strlen(s)}};
}

/* What came out, as text: "3 rows: a=1 a=nil …" or the value itself. */
struct result {
    char text[1024];
    const struct zpl_row *row;
    int64_t refuse_row; /* -1: takes all */
};

static bool take_begin(void *self, int64_t rows)
{
    struct result *r = self;
    snprintf(r->text, sizeof r->text, "%d rows:", (int)rows);
    return true;
}

static void add_value(struct result *r, const struct zpl_literal *value)
{
    struct zpl_buf buf = {0};
    zpl_literal_show(value, &buf);
    size_t n = strlen(r->text);
    snprintf(r->text + n, sizeof r->text - n, "%s", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
}

static bool take_cell(void *self, size_t column, int64_t row, const struct zpl_literal *value)
{
    struct result *r = self;
    size_t n = strlen(r->text);
    snprintf(r->text + n, sizeof r->text - n, " %s=", r->row->columns[column].name);
    add_value(r, value);
    return row != r->refuse_row;
}

static bool take_value(void *self, const struct zpl_literal *value)
{
    add_value(self, value);
    return true;
}

static struct result results[2];

/* Runs a body on a table `t` {n: 1, 2, nil; s: "x", "y", "z"} and the scalar k = 10; its outputs have
 * the types.  Gives the message of the failure, or "" when there is none. */
static const char *run_with(const char *head, const char *body, const char *const *types,
                            size_t type_count, uint64_t memory, enum zpl_err *err)
{
    static char message[1024];
    static const char *const columns[] = {"n", "s"};
    struct cells cells = {.columns = columns, .column_count = 2, .rows = 3};
    cells.cells[0] = an_int(1);
    cells.cells[1] = an_int(2);
    cells.cells[3] = a_text("x");
    cells.cells[4] = a_text("y");
    cells.cells[5] = a_text("z");
    struct zpl_lua_table table = {
        .self = &cells, .columns = columns, .column_count = 2, .rows = 3, .cell = read_cell};
    struct zpl_literal ten = an_int(10);
    struct zpl_lua_input inputs[] = {{.name = "t", .table = &table},
                                     {.name = "k", .literal = &ten}};
    struct zpl_arena arena = {0};
    struct zpl_lua_output outputs[2];
    for (size_t i = 0; i < type_count; i++) {
        const struct zpl_type *type;
        struct zpl_signature_error error;
        assert_int_equal(zpl_type_parse(types[i], &arena, &type, &error), ZPL_OK);
        results[i] = (struct result){.row = type->row, .refuse_row = -1};
        outputs[i] = (struct zpl_lua_output){.name = i ? "second" : "first",
                                             .type = type,
                                             .self = &results[i],
                                             .begin = take_begin,
                                             .cell = take_cell,
                                             .value = take_value};
    }
    char *image = image_of(head, body);
    assert_non_null(image);
    struct zpl_closure_call call = {.image = image,
                                    .image_len = strlen(image),
                                    .inputs = inputs,
                                    .input_count = 2,
                                    .outputs = outputs,
                                    .output_count = type_count,
                                    .memory_bytes = memory};
    struct zpl_diags diags = {0};
    *err = zpl_closure_run(&call, &diags);
    snprintf(message, sizeof message, "%s",
             diags.count ? diags.items[0]->message
             : *err      ? "(no diagnostic)"
                         : "");
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    free(image);
    return message;
}

static void gives(const char *head, const char *body, const char *type, const char *expected)
{
    enum zpl_err err;
    const char *message = run_with(head, body, &type, 1, 0, &err);
    if (err != ZPL_OK || strcmp(results[0].text, expected) != 0)
        fail_msg("%s\n gives %s %s\n expected %s", body, results[0].text, message, expected);
}

static void fails(const char *body, const char *type, const char *words)
{
    enum zpl_err err;
    const char *message = run_with("", body, &type, 1, 0, &err);
    if (err != ZPL_ERR_STEP || !strstr(message, words))
        fail_msg("%s\n tells %s\n expected '%s'", body, message, words);
}

static void bodies_compute(void **state)
{
    (void)state;
    gives("", "function (i) return i.k * 2 end", "Int", "20");
    gives("", "function (i) return i.k / 4 end", "Float", "2.5");
    gives("", "function (i) return i.k / 5 end", "Int", "2");
    gives("", "function (i) return i.k end", "Float", "10.0");
    gives("", "function (i) return #i.t end", "Int", "3");
    gives("", "function (i) return #i.t.n end", "Int", "3");
    gives("", "function (i) return i.t.n[3] == nil end", "Bool", "true");
    gives("", "function (i) local s = '' for k in pairs(i.t) do s = s .. k end return s end",
          "String", "\"ns\"");
    gives("", "function (i) return { auc = 0.5, ok = true } end", "Report {auc: Float, ok: Bool}",
          "{ auc = 0.5, ok = true }");
    gives("", "function (i) return { 1, 2 } end", "List(Int)", "{ 1, 2 }");
    gives("local k = { a = { 1, 2 }, b = 0.5 } local function f (x) return x + k.a[2] end",
          "function (i) return f(i.k) + k.b end", "Float", "12.5");
    gives("local function odd (n) return n % 2 == 1 end",
          "function (i) local o = {} for r = 1, 2 do o[r] = odd(i.t.n[r]) end "
          "return { odd = o } end",
          "Table {odd: Bool}", "2 rows: odd=true odd=false");
    gives("", "function (i) return { n = i.t.n, m = i.t.n } end", "Table {m: Int, n: Int}",
          "3 rows: m=1 m=2 m=nil n=1 n=2 n=nil");
    gives("", "function (i) return i.t end", "Table {s: String, n: Int}",
          "3 rows: s=\"x\" s=\"y\" s=\"z\" n=1 n=2 n=nil");
    gives("", "function (i) return { a = { nil, 2 }, b = { 1, nil, n = 2 } } end",
          "Table {a: Int, b: Float}", "2 rows: a=nil a=2 b=1.0 b=nil");
    gives("", "function (i) return { a = {} } end", "Table {a: Int}", "0 rows:");
    gives("local a = { x = 1 } a.me = a", "function (i) return a.me.me.x end", "Int", "1");
    gives("local n <const> = 7", "function (i) return n end", "Int", "7");
    gives("local p = Path 'a' / 'b'", "function (i) return p end", "String", "\"a/b\"");
    gives("", "function (i) if i.k > 3 and not (i.k == 4) then return 'big' end end", "String",
          "\"big\"");

    static const char *const two[] = {"Int", "Table {x: Int}"};
    enum zpl_err err;
    run_with("", "function (i) return 5, { x = { 6 } } end", two, 2, 0, &err);
    assert_int_equal(err, ZPL_OK);
    assert_string_equal(results[0].text, "5");
    assert_string_equal(results[1].text, "1 rows: x=6");
    gives("", "function (i) return { first = 1 } end", "Report {first: Int}", "{ first = 1 }");
    gives("", "function (i) return { first = { 1 } } end", "Table {first: Int}", "1 rows: first=1");
}

static void bodies_fail_with_words(void **state)
{
    (void)state;
    fails("function (i) error 'no luck' end", "Int", "no luck");
    fails("function (i) return i.t.m end", "Int", "'t' has no column 'm'");
    fails("function (i) local x = i.k.y.z return x end", "Int", "attempt to index");
    fails("function (i) local x return x + 1 end", "Int", "(a local variable)");
    fails("function (i) return 'x' end", "Int", "output 'first' is a string, wanted Int");
    fails("function (i) return 2.5 end", "Int", "output 'first' is 2.5, wanted Int");
    fails("function (i) end", "Int", "returned 0 values, the step declares 1");
    fails("function (i) return 1, 2 end", "Int", "returned 2 values");
    fails("function (i) return 1 end", "Table {a: Int}", "wanted a table of columns");
    fails("function (i) return { b = {} } end", "Table {a: Int}", "has no column 'a'");
    fails("function (i) return { a = {}, b = {} } end", "Table {a: Int}", "not declared: 'b'");
    fails("function (i) return { a = { 1, 2 }, b = { 1 } } end", "Table {a: Int, b: Int}",
          "column 'b' has 1 rows, 'a' has 2: row 2 of 'b' is nil; where the last cells are to be "
          "null, say how many rows there are: `n = 2` in the column");
    fails("function (i) return { a = { 1, nil }, b = { 1, 2, 3 } } end", "Table {a: Int, b: Int}",
          "column 'b' has 3 rows, 'a' has 1: row 2 of 'a' is nil");
    fails("function (i) return { a = { 1, 'x' } } end", "Table {a: Int}",
          "column 'a', row 2 is a string, wanted Int");
    fails("function (i) return { a = { x = 1 } } end", "Table {a: Int}", "no row number");
    fails("function (i) return { a = 1 } end", "Report {auc: Float}", "has no field 'auc'");
    fails("function (i) return { auc = 1, b = 2 } end", "Report {auc: Float}", "not declared: 'b'");
    fails("function (i) return { first = 1 } end", "Int",
          "a table with 'first' in it: return what");
    fails("function (i) return { first = { 1 } } end", "List(Int)", "return what is in it");
    fails("function (i) return { first = 1, b = 2 } end", "Int", "is a table, wanted Int");
    fails("function (i) return '\\xff' end", "String", "not UTF-8");
    fails("function (i) return 'c' end", "Enum {\"a\", \"b\"}", "not one of its values");

    static const char *const two[] = {"Int", "Table {x: Int}"};
    enum zpl_err err;
    const char *message = run_with(
        "", "function (i) return { first = 5, second = { x = { 6 } } } end", two, 2, 0, &err);
    assert_int_equal(err, ZPL_ERR_STEP);
    assert_non_null(strstr(message, "the other outputs in it: return them in order"));
}

static void bodies_have_limits(void **state)
{
    (void)state;
    enum zpl_err err;
    static const char *const type[] = {"Int"};
    const char *message =
        run_with("", "function (i) local t = {} for k = 1, 1e9 do t[k] = k end return 1 end", type,
                 1, 8u << 20, &err);
    assert_int_equal(err, ZPL_ERR_STEP);
    assert_non_null(strstr(message, "the lua body was ended"));
    /* One string may be larger than an evaluation allows. */
    gives("", "function (i) return #('x'):rep(3000000) end", "Int", "3000000");
}

static void callbacks_can_refuse(void **state)
{
    (void)state;
    char *image = image_of("", "function (i) return { a = { 1, 2, 3 } } end");
    struct zpl_arena arena = {0};
    const struct zpl_type *type;
    struct zpl_signature_error error;
    zpl_type_parse("Table {a: Int}", &arena, &type, &error);
    struct result result = {.row = type->row, .refuse_row = 1};
    struct zpl_lua_output output = {.name = "first",
                                    .type = type,
                                    .self = &result,
                                    .begin = take_begin,
                                    .cell = take_cell,
                                    .value = take_value};
    struct zpl_closure_call call = {
        .image = image, .image_len = strlen(image), .outputs = &output, .output_count = 1};
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_closure_run(&call, &diags), ZPL_ERR_STEP);
    assert_string_equal(result.text, "3 rows: a=1 a=2");
    assert_int_equal(diags.count, 0); /* the callback tells it */
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    free(image);
}

/* Whichever allocation fails, the call says so or does without, and leaks nothing. */
static void memory_may_run_out(void **state)
{
    (void)state;
    char *image =
        image_of("local k = { a = { 1, 2 } } local function f (x) return x + k.a[2] end",
                 "function (i) local s = {} for j = 1, 40 do s[j] = ('x'):rep(j) .. j end "
                 "return { a = { f(1), nil, f(3) } } end");
    struct zpl_arena arena = {0};
    const struct zpl_type *type;
    struct zpl_signature_error error;
    zpl_type_parse("Table {a: Int}", &arena, &type, &error);
    struct result result = {.row = type->row, .refuse_row = -1};
    struct zpl_lua_output output = {.name = "first",
                                    .type = type,
                                    .self = &result,
                                    .begin = take_begin,
                                    .cell = take_cell,
                                    .value = take_value};
    struct zpl_closure_call call = {
        .image = image, .image_len = strlen(image), .outputs = &output, .output_count = 1};
    bool fired = true;
    long n = 0;
    for (; fired; n++) {
        struct zpl_diags diags = {0};
        *result.text = '\0';
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, ENOMEM);
        enum zpl_err err = zpl_closure_run(&call, &diags);
        fired = zpl_fault_fired();
        zpl_fault_disarm();
        assert_true(err == ZPL_OK || (fired && err == ZPL_ERR_NOMEM && diags.count == 1));
        zpl_diags_release(&diags);
    }
    assert_true(n > 100);
    assert_string_equal(result.text, "3 rows: a=3 a=nil a=5");
    zpl_arena_release(&arena);
    free(image);
}

static void wrong_images_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *image;
        enum zpl_err err;
    } cases[] = {
        {"", ZPL_ERR_CORRUPT},
        {"[]", ZPL_ERR_CORRUPT},
        {"{\"version\":99}", ZPL_ERR_VERSION},
        {"{\"version\":1}", ZPL_ERR_CORRUPT},
        {"{\"version\":1,\"functions\":[{\"text\":\"os.exit()\",\"free\":[]}],\"tables\":[]}",
         ZPL_ERR_CORRUPT},
        {"{\"version\":1,\"functions\":[{\"text\":\"function() return math.pi end\",\"free\":[]}],"
         "\"tables\":[]}",
         ZPL_ERR_CORRUPT},
        {"{\"version\":1,\"functions\":[{\"text\":\"function() return __zpl_f1 end\",\"free\":"
         "[{\"builtin\":\"os.exit\"}]}],\"tables\":[]}",
         ZPL_ERR_CORRUPT},
        {"{\"version\":1,\"functions\":[{\"text\":\"function() return __zpl_f1 end\",\"free\":"
         "[{\"table\":4}]}],\"tables\":[]}",
         ZPL_ERR_CORRUPT},
        {"{\"version\":1,\"functions\":[{\"text\":\"function() return __zpl_f1 end\",\"free\":"
         "[{\"table\":0}]}],\"tables\":[[[null,1]]]}",
         ZPL_ERR_CORRUPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_closure_call call = {.image = cases[i].image,
                                        .image_len = strlen(cases[i].image)};
        struct zpl_diags diags = {0};
        enum zpl_err err = zpl_closure_run(&call, &diags);
        if (err != cases[i].err || diags.count != 1)
            fail_msg("%s gives %d", cases[i].image, err);
        zpl_diags_release(&diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_compute),     cmocka_unit_test(bodies_fail_with_words),
        cmocka_unit_test(bodies_have_limits), cmocka_unit_test(callbacks_can_refuse),
        cmocka_unit_test(memory_may_run_out), cmocka_unit_test(wrong_images_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
