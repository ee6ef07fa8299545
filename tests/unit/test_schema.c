/* test_schema.c - the columns of files that people name, and what is said of files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/types/signature.h"
#include "stdlib/file/schema.h"
#include "stdlib/table/duck.h"

static char folder[] = "/tmp/zpl-test-schema-XXXXXX", path[200];
static struct zpl_arena arena;
static struct zpl_diags diags;

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zpl_fs_remove_tree(folder, NULL);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}

static const char *file(const char *name, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, &diags), ZPL_OK);
    return path;
}

static struct zpl_schema_answer ask(const char *format, const char *at,
                                    const struct zpl_literal *options)
{
    const struct zpl_schema_request request = {format, at, options};
    struct zpl_schema_answer answer;
    if (zpl_duck_schema(&request, &answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    return answer;
}

static void assert_type(const struct zpl_schema_answer *answer, const char *type)
{
    if (answer->error != NULL)
        fail_msg("%s", answer->error);
    assert_string_equal(zpl_type_text(zpl_type_table(&arena, answer->row), false, &arena), type);
}

static void test_csv(void **state)
{
    (void)state;
    struct zpl_schema_answer answer =
        ask("csv",
            file("a.csv", "id,ratio,name,ok,day,at,odd,gap,zip\n"
                          "1,0.5,\"a, b\",true,2024-06-01,2024-06-01 10:00:00,31/12/2024,,01234\n"
                          "2,2,c,false,2024-06-02,2024-06-01 11:00:00,30/11/2024,,98765\n"),
            NULL);
    assert_type(&answer, "Table {id: Int, ratio: Float, name: String, ok: Bool, day: Date, "
                         "at: Timestamp, odd: String, gap: String, zip: String}");
    assert_non_null(strstr(answer.note, "guessed from the first 20,480 rows"));
    answer = ask("csv", file("b.csv", "x;y\na;1\nb;2\n"), NULL);
    assert_type(&answer, "Table {x: String, y: Int}");
    answer = ask("csv", file("only header.csv", "a,b\n"), NULL);
    assert_type(&answer, "Table {a: String, b: String}");
    /* a day that is not written as in ISO 8601 is text: another file may mean another order */
    answer = ask("csv", file("c.csv", "when\n2024/06/01 10:00:00\n2024/06/02 10:00:00\n"), NULL);
    assert_type(&answer, "Table {when: String}");
    /* an offset says which instant is meant, and a day alone is one too */
    answer = ask("csv",
                 file("d.csv", "z,offset,mixed,long\n"
                               "2024-01-02T10:00:00Z,2024-01-02 10:00:00+02,2024-01-02,"
                               "2024-01-02 10:00:00.1234567\n"
                               "2024-01-03T10:00:00Z,2024-01-03T10:00:00.5-08:30,"
                               "2024-01-02 10:00,2024-01-02 10:00:00\n"),
                 NULL);
    assert_type(&answer, "Table {z: Timestamp, offset: Timestamp, mixed: Timestamp, long: String}");
    answer = ask("csv", file("e.csv", "a,b,c,d\ntrue,yes,T,1\nFALSE,no,F,true\n"), NULL);
    assert_type(&answer, "Table {a: Bool, b: String, c: String, d: String}");
}

/* What neither an Int nor a Float holds as it is written is text, in both formats. */
static void test_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *values[2];
        const char *type;
    } columns[] = {
        {{"9223372036854775807", "-9223372036854775808"}, "Int"},
        {{"9223372036854775808", "1"}, "String"},
        {{"12345678901234567000", "12345678901234567001"}, "String"},
        {{"-9223372036854775809", "0.5"}, "String"},
        {{"9007199254740993", "1.5"}, "String"},
        {{"9007199254740992", "1.5"}, "Float"},
        {{"9007199254740994.0", "1.5"}, "Float"},
        {{"1e300", "2"}, "Float"},
        {{"1e400", "2.5"}, "String"},
        {{"NaN", "2"}, "Float"},
        {{"-Infinity", "2.5"}, "Float"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        char csv[100], json[100], type[40];
        const char *const *v = columns[i].values;
        snprintf(csv, sizeof csv, "x\n%s\n%s\n", v[0], v[1]);
        snprintf(json, sizeof json, "{\"x\": %s}\n{\"x\": %s}\n", v[0], v[1]);
        snprintf(type, sizeof type, "Table {x: %s}", columns[i].type);
        struct zpl_schema_answer answer = ask("csv", file("w.csv", csv), NULL);
        assert_type(&answer, type);
        answer = ask("json", file("w.json", json), NULL);
        assert_type(&answer, type);
    }
    /* what only the engine takes for whole numbers is text, in a negative number too */
    struct zpl_schema_answer odd =
        ask("csv", file("o.csv", "a,b,c,d,e\n0x1f,-007,0b11,-0,-1\n0x20,-12,0b10,-5,10\n"), NULL);
    assert_type(&odd, "Table {a: String, b: String, c: String, d: Int, e: Int}");
}

static void test_csv_options(void **state)
{
    (void)state;
    const char *keys[] = {"path", "delimiter", "header"};
    const struct zpl_literal *items[] = {zpl_literal_path(&arena, "x", 1),
                                         zpl_literal_string(&arena, "|", 1),
                                         zpl_literal_bool(&arena, false)};
    const struct zpl_literal options = {
        .kind = ZPL_LIT_RECORD,
        .as.list = {.items = items, .keys = keys, .count = 3},
    };
    struct zpl_schema_answer answer = ask("csv", file("d.csv", "a,b|c\nd,e|f\n"), &options);
    assert_type(&answer, "Table {column0: String, column1: String}");
}

static void test_parquet(void **state)
{
    (void)state;
    struct zpl_duck duck;
    char sql[400];
    snprintf(path, sizeof path, "%s/we[i]rd '*.parquet", folder);
    const char *paths[] = {path};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 1};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    struct zpl_buf quoted = {0};
    zpl_duck_text(&quoted, path, strlen(path));
    snprintf(sql, sizeof sql,
             "COPY (SELECT 1::SMALLINT AS a, 1.5::FLOAT AS \"b b\", 'x' AS c, [1] AS l, "
             "TIMESTAMP_NS '2024-01-01' AS t) TO %s (FORMAT parquet, USE_TMP_FILE false)",
             zpl_buf_str(&quoted));
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    struct zpl_schema_answer answer = ask("parquet", path, NULL);
    assert_type(&answer, "Table {a: Int, \"b b\": Float, c: String, l: List(Int), t: Timestamp}");
    assert_null(answer.note);
    snprintf(sql, sizeof sql,
             "COPY (SELECT {'x': 1} AS s) TO %s (FORMAT parquet, USE_TMP_FILE false)",
             zpl_buf_str(&quoted));
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    assert_non_null(strstr(ask("parquet", path, NULL).error, "column 's' that is a STRUCT"));
    zpl_buf_release(&quoted);
    zpl_duck_release(&duck);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    assert_string_equal(ask("csv", "/nowhere/x.csv", NULL).error, "does not exist");
    assert_string_equal(ask("csv", folder, NULL).error, "is a folder, not a file");
    assert_string_equal(ask("csv", "/dev/null", NULL).error, "is no regular file");
    assert_string_equal(ask("csv", file("empty.csv", ""), NULL).error, "is empty");
    assert_string_equal(ask("parquet", file("x.parquet", "hello"), NULL).error,
                        "is not a Parquet file");
    assert_non_null(
        strstr(ask("parquet", file("torn.parquet", "PAR1torn"), NULL).error, "can't be read: "));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_string_equal(ask("csv", path, NULL).error, "is no regular file");
    assert_non_null(strstr(ask("csv", file("bad.csv", "a,b\n1,\xff\xfe\n"), NULL).error,
                           "can't be read as CSV: "));
}

static void test_csv_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *words;
    } files[] = {
        /* DuckDB would look for the header behind it, and the header would be a row */
        {"\na,b\nx,y\n", 0, "begins with an empty line"},
        {"\xef\xbb\xbf\r\na,b\r\nx,y\r\n", 0, "begins with an empty line"},
        {"sep=;\na;b\n1;2\n", 0, "begins with a line `sep=`"},
        {"\xff\xfe"
         "a\0,\0b\0\n\0",
         10, "is UTF-16"},
        {"a\0x,b\n1,2\n", 10, "has a NUL in its first line"},
        {"a,b\r\n1,2\r\n3,4\n5,6\r\n", 0, "line 3 is the first that ends otherwise"},
        /* names that DuckDB makes alike, and then renames one */
        {"a,,column1\n1,2,3\n", 0, "has two columns called 'column1'"},
        {"a,a \n1,2\n", 0, "has two columns called 'a'"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *text = files[i].text;
        snprintf(path, sizeof path, "%s/none.csv", folder);
        assert_int_equal(zpl_fs_write_file(path, text, files[i].n > 0 ? files[i].n : strlen(text),
                                           false, &diags),
                         ZPL_OK);
        const char *error = ask("csv", path, NULL).error;
        if (error == NULL || strstr(error, files[i].words) == NULL)
            fail_msg("%zu said: %s\n  not: %s", i, error != NULL ? error : "nothing",
                     files[i].words);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void json_is(const char *text, const char *type)
{
    struct zpl_schema_answer answer = ask("json", file("x.json", text), NULL);
    assert_type(&answer, type);
    assert_non_null(strstr(answer.note, "guessed"));
    assert_true(answer.sparse);
}

static void json_is_wrong(const char *text, const char *words)
{
    const char *error = ask("json", file("y.json", text), NULL).error;
    if (error == NULL || strstr(error, words) == NULL)
        fail_msg("%s\n  said: %s\n  not: %s", text, error != NULL ? error : "nothing", words);
}

static void test_json(void **state)
{
    (void)state;
    json_is(
        "{\"id\": 1, \"ratio\": 0.5, \"name\": \"a\", \"ok\": true, \"day\": \"2024-06-01\", "
        "\"at\": \"2024-06-01T10:00:00Z\"}\n"
        "{\"name\": \"31/12/2024\", \"late\": null, \"id\": 9223372036854775807, \"ratio\": 2}\n",
        "Table {id: Int, ratio: Float, name: String, ok: Bool, day: Date, at: Timestamp, "
        "late: Json}");
    json_is("[\n  {\"a\": [1, 2]},\n  {\"a\": [0.5, null]},\n  {\"a\": null}\n]",
            "Table {a: List(Float)}");
    json_is("\xef\xbb\xbf{\"a\": 1}\n\n{\"a\": 2}", "Table {a: Int}");
    json_is("{\"a\": {\"b\": 1}, \"c\": [[1]], \"d\": [1, \"x\"], \"e\": [], \"f\": [{}]}",
            "Table {a: Json, c: Json, d: Json, e: Json, f: Json}");
    /* no Int holds it, and a Float would round it */
    json_is("{\"a\": 9223372036854775808}\n{\"a\": 1}\n", "Table {a: String}");
    json_is("{\"a\": \"2024-01-01\"}\n{\"a\": \"2024-01-01T00:00:01+02:00\"}\n",
            "Table {a: Timestamp}");
    json_is("{\"a\": 1}\n{\"a\": \"x\"}\n{\"a\": true}\n", "Table {a: Json}");
    json_is("{\"a.b\": 1, \"it's \\\"q\\\"\": 2, \"$\": 3}",
            "Table {\"a.b\": Int, \"it's \\\"q\\\"\": Int, \"$\": Int}");
}

static void test_json_that_is_none(void **state)
{
    (void)state;
    json_is_wrong("", "is empty");
    json_is_wrong("[]", "has no keys");
    json_is_wrong("{\"a\": 1}\n{\"a\": 2\n{\"a\": 3}\n", "is no JSON: line 2, at its end");
    json_is_wrong("{\"a\": 1}\n\n{\"a\" 2}\n", "is no JSON: line 3, near '{\"a\" 2}'");
    json_is_wrong("{\n  \"a\": 1\n}\n", "line 1, at its end, near '{' (one object a line is read");
    json_is_wrong("[{\"a\": 1},\n {\"a\": 2}", "is no JSON: line 2");
    json_is_wrong("[{\"a\": 1},\n {\"a\": 2}\n {\"a\": 3}]", "is no JSON: line 3, near ");
    /* of an array that is cut off behind a comma DuckDB gives the rows before it */
    json_is_wrong("[{\"a\": 1},\n {\"a\": 2},\n", "is no JSON: line 3, at its end");
    json_is_wrong("[{\"a\": 1}] x", "is no JSON: line 1");
    json_is_wrong("{\"a\": \"\xff\"}\n", "is no JSON: line 1");
    json_is_wrong("[{\"a\": 1}, 5]", "element 2 is '5', not an object");
    json_is_wrong("{\"a\": 1}\nnull\n", "row 2 is 'null', not an object");
    json_is_wrong("{\"a\": 1}\n{\"b\": 1, \"b\": 2}\n", "has a key twice in object 2");
    json_is_wrong("{\"\": 1}\n", "has a key that is empty");
    json_is_wrong("\x1f\x8b\x08", "is compressed");
}

/* ---- what is seen of the rows ----------------------------------------------------------------- */

static const struct zpl_schema_look *look(const struct zpl_schema_answer *answer, const char *name)
{
    if (answer->error != NULL)
        fail_msg("%s", answer->error);
    for (size_t i = 0; i < answer->row->count; i++)
        if (strcmp(answer->row->columns[i].name, name) == 0)
            return &answer->looks[i];
    fail_msg("no column %s", name);
    return NULL;
}

/* Each value of the column at its turn is the odd one: the clue names its row and it. */
static void test_clues(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "json"};
    for (size_t f = 0; f < 2; f++)
        for (int odd = 1; odd <= 9; odd += 2) {
            struct zpl_buf text = {0};
            char words[120];
            bool json = f == 1;
            zpl_buf_puts(&text, json ? "" : "x,y,z\n");
            for (int row = 1; row <= 9; row++)
                zpl_buf_printf(
                    &text, json ? "{\"x\": %s%d%s, \"y\": \"%s\", \"z\": null}\n" : "%s%d%s,%s,\n",
                    row == odd ? json ? "\"n/a " : "n/a " : "", row, row == odd && json ? "\"" : "",
                    row == odd ? "soon" : "2024-01-02");
            struct zpl_schema_answer answer =
                ask(formats[f], file("clue", zpl_buf_str(&text)), NULL);
            snprintf(words, sizeof words,
                     "8 of 9 values are numbers; the first that is not stands in row %d: '%sn/a "
                     "%d%s'",
                     odd, json ? "\"" : "", odd, json ? "\"" : "");
            assert_string_equal(look(&answer, "x")->clue, words);
            snprintf(
                words, sizeof words,
                "8 of 9 values are days or times; the first that is not stands in row %d: ", odd);
            assert_non_null(strstr(look(&answer, "y")->clue, words));
            assert_true(look(&answer, "z")->empty);
            assert_false(look(&answer, "x")->empty);
            assert_null(look(&answer, "z")->clue);
            zpl_buf_release(&text);
        }
    struct zpl_schema_answer words = ask("csv", file("w.csv", "a\nx\ny\n1\n"), NULL);
    assert_null(look(&words, "a")->clue);
    words = ask("csv",
                file("c.csv", "preis;of;id;ok\n1,5;1.234,5;9223372036854775808;yes\n"
                              "2;1.000,0;1;no\n"),
                NULL);
    assert_string_equal(look(&words, "preis")->clue,
                        "2 of 2 values are numbers, some of them with a comma; the first such "
                        "stands in row 1: '1,5'; a query makes it a Float: "
                        "CAST(replace(\"preis\", ',', '.') AS DOUBLE) where it is a decimal comma");
    assert_non_null(strstr(look(&words, "of")->clue,
                           "CAST(replace(replace(\"of\", '.', ''), ',', '.') AS DOUBLE)"));
    assert_string_equal(look(&words, "id")->clue,
                        "2 of 2 values are numbers, but no Int and no Float holds them all; the "
                        "first that makes it so stands in row 1: '9223372036854775808'");
    assert_non_null(strstr(look(&words, "ok")->clue, "declared as Bool takes them"));
}

/* The answer about a file of which `type` is declared. */
static struct zpl_schema_answer declared(const char *format, const char *at, const char *type)
{
    static const char *const keys[] = {"type"};
    static const struct zpl_literal *items[1];
    static struct zpl_literal value, options;
    const struct zpl_type *parsed;
    struct zpl_signature_error error;
    assert_int_equal(zpl_type_parse(type, &arena, &parsed, &error), ZPL_OK);
    value = (struct zpl_literal){.kind = ZPL_LIT_TYPE, .as.type = parsed};
    items[0] = &value;
    options = (struct zpl_literal){.kind = ZPL_LIT_RECORD,
                                   .as.list = {.items = items, .keys = keys, .count = 1}};
    return ask(format, at, &options);
}

static void test_types_that_can_not_be(void **state)
{
    (void)state;
    struct zpl_schema_answer answer = declared(
        "json",
        file("m.json",
             "{\"o\": {}, \"a\": [1], \"i\": 1, \"t\": \"x\", \"b\": true, \"n\": null}\n"),
        "Table {o: String, a: Int, i: Timestamp, t: Int, b: Float, n: List(Int), ...}");
    assert_string_equal(look(&answer, "o")->misfit,
                        "holds objects, but String is declared: Json keeps them");
    assert_string_equal(look(&answer, "a")->misfit,
                        "holds arrays, but Int is declared: a List or Json keeps them");
    assert_string_equal(look(&answer, "i")->misfit, "holds Int, but Timestamp is declared");
    assert_null(look(&answer, "t")->misfit); /* another row may hold "12" */
    assert_string_equal(look(&answer, "b")->misfit, "holds Bool, but Float is declared");
    assert_null(look(&answer, "n")->misfit);
    answer = declared("json", path,
                      "Table {o: Json, a: List(Float), i: Float, t: Enum, b: Bool, n: Int}");
    for (size_t i = 0; i < answer.row->count; i++)
        assert_null(answer.looks[i].misfit);
    answer = declared("csv", file("m.csv", "a,b\n1,x\n2,3\n"), "Table {a: List(Int), b: Int}");
    assert_string_equal(look(&answer, "a")->misfit, "holds String, but List(Int) is declared");
    assert_null(look(&answer, "b")->misfit); /* half of the values may be the rows' mistakes */
    answer = declared("csv",
                      file("n.csv", "a,b,c,d\n18446744073709551615,0,\"1,5\",2024-01-01 10:00:00\n"
                                    "2,7,\"2,5\",2024-01-02 11:00:00\n,8,,\n"),
                      "Table {a: Int, b: Bool, c: Float, d: Int}");
    assert_null(look(&answer, "a")->misfit);
    assert_string_equal(look(&answer, "b")->misfit,
                        "holds Int, but Bool is declared: 2 of 3 values are none; row 2 has '7', "
                        "which is no Bool (String keeps it)");
    assert_non_null(strstr(look(&answer, "c")->misfit, "row 1 has '1,5', which is no Float"));
    assert_non_null(
        strstr(look(&answer, "d")->misfit, "row 1 has '2024-01-01 10:00:00', which is no Int"));
    answer = declared("csv", file("n.csv", "a\n18446744073709551615\n"), "Table {a: Int}");
    assert_non_null(strstr(look(&answer, "a")->misfit,
                           "row 1 has '18446744073709551615', which does not fit an Int, which has "
                           "64 bits (String keeps it)"));
}

/* A Parquet file's columns of no zpl type are nobody's trouble while others are declared. */
static void test_parquet_declared(void **state)
{
    (void)state;
    struct zpl_duck duck;
    struct zpl_buf sql = {0};
    snprintf(path, sizeof path, "%s/s.parquet", folder);
    const char *paths[] = {path};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 1};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    zpl_buf_puts(&sql, "COPY (SELECT 1 AS a, {'x': 1} AS s, TIMESTAMP '2024-01-01' AS t) TO ");
    zpl_duck_path(&sql, path);
    zpl_buf_puts(&sql, " (FORMAT parquet, USE_TMP_FILE false)");
    assert_int_equal(zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags), ZPL_OK);
    zpl_duck_release(&duck);
    zpl_buf_release(&sql);
    struct zpl_schema_answer answer = declared("parquet", path, "Table {a: Float, t: Int}");
    assert_null(look(&answer, "a")->misfit);
    assert_string_equal(look(&answer, "t")->misfit, "holds Timestamp, but Int is declared");
    answer = declared("parquet", path, "Table {s: Int}");
    assert_non_null(strstr(look(&answer, "s")->misfit, "is a STRUCT"));
    assert_non_null(strstr(declared("parquet", path, "Table {a: Int, ...}").error, "is a STRUCT"));
}

/* A file is read by its very name, also beside one that its name would match as a pattern. */
static void test_names_like_patterns(void **state)
{
    (void)state;
    static const char *const names[] = {"a[1].csv", "a*.csv", "a?.csv", "it's [b].csv"};
    file("a1.csv", "wrong\n1\n");
    file("it's b.csv", "wrong\n1\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct zpl_schema_answer answer = ask("csv", file(names[i], "right\n1\n"), NULL);
        assert_type(&answer, "Table {right: Int}");
    }
    snprintf(path, sizeof path, "%s/d[1] *", folder);
    assert_int_equal(zpl_fs_mkdirs(path, NULL), ZPL_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[40];
        snprintf(name, sizeof name, "d[1] */%s", names[i]);
        struct zpl_schema_answer answer = ask("csv", file(name, "also\n1\n"), NULL);
        assert_type(&answer, "Table {also: Int}");
    }
}

/* A question sees nothing of the one before: the file is another by now, or gone. */
static void test_asked_again(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "json"};
    static const char *const texts[][2] = {{"a,b\n1,2\n", "{\"a\": 1, \"b\": 2}\n"},
                                           {"c\nx\n", "{\"c\": \"x\"}\n"}};
    for (size_t i = 0; i < 2; i++) {
        struct zpl_schema_answer answer = ask(formats[i], file("again", texts[0][i]), NULL);
        assert_type(&answer, "Table {a: Int, b: Int}");
        answer = ask(formats[i], file("again", texts[1][i]), NULL);
        assert_type(&answer, "Table {c: String}");
        assert_int_equal(unlink(path), 0);
        assert_string_equal(ask(formats[i], path, NULL).error, "does not exist");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_csv_options),
        cmocka_unit_test(test_parquet),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_csv_that_is_none),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_that_is_none),
        cmocka_unit_test(test_clues),
        cmocka_unit_test(test_types_that_can_not_be),
        cmocka_unit_test(test_parquet_declared),
        cmocka_unit_test(test_names_like_patterns),
        cmocka_unit_test(test_asked_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
