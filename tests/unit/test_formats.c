/* test_formats.c - every format that outlives a process has its bytes in tests/cases/formats/, one
 * file a version.  A test fails when the bytes change while the number in lang/base/version.h does
 * not; whoever changes a format gives it a new number, and `ACCEPT=1 make unit T=formats` writes
 * the file of the new version.  What is read back is refused in any other version.
 * Long because every format stands here, with what writes it. */
#include "tests/unit/fake_world.h"
#include "tests/unit/query_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include "lang/base/fs.h"
#include "lang/base/sqldb.h"
#include "lang/base/version.h"
#include "lang/dsl/closure.h"
#include "lang/graph/places_json.h"
#include "stack/lock.h"
#include "stack/metadata/sqlite.h"
#include "stack/orchestrator/spool.h"
#include "stack/stack.h"
#include "stdlib/kernel.h"
#include "vm/plan/ingredient.h"
#include "vm/protocol/protocol.h"
#include "vm/run/report.h"
#include "vm/run/run_record.h"

static struct zpl_arena arena;
static struct zpl_diags diags;

static int tear_down(void **state)
{
    (void)state;
    zpl_arena_release(&arena);
    zpl_diags_release(&diags);
    arena = (struct zpl_arena){0};
    diags = (struct zpl_diags){0};
    return 0;
}

/* ---- fixtures --------------------------------------------------------------------------------- */

static const char *golden_path(const char *format, int version)
{
    const char *root = getenv("ROOT");
    return zpl_arena_printf(&arena, "%s/tests/cases/formats/%s.%d", root ? root : ".", format,
                            version);
}

/* `bytes` are those of the fixture of that format and version.  An existing fixture is never
 * overwritten: a program that writes other bytes under an old number is the mistake looked for. */
static void golden(const char *format, int version, const char *bytes)
{
    const char *path = golden_path(format, version);
    struct zpl_buf expected = {0};
    struct zpl_diags quiet = {0};
    if (access(path, F_OK) != 0) {
        const char *accept = getenv("ACCEPT");
        if (!accept || strcmp(accept, "1") != 0)
            fail_msg("there is no %s; 'ACCEPT=1 make unit T=formats' writes it", path);
        assert_int_equal(zpl_fs_write_file(path, bytes, strlen(bytes), false, &quiet), ZPL_OK);
    }
    assert_int_equal(zpl_fs_read_file(path, 1 << 20, &expected, &quiet), ZPL_OK);
    if (strcmp(bytes, zpl_buf_str(&expected)) != 0)
        fail_msg("the bytes of '%s' are others, and its version is still %d\n"
                 "--- %s\n%s\n--- now\n%s",
                 format, version, path, zpl_buf_str(&expected), bytes);
    zpl_buf_release(&expected);
}

/* Writes and releases a JSON value; the text is valid until the end of the test. */
static const char *text_of(struct zpl_json *json)
{
    struct zpl_buf buf = {0};
    assert_int_equal(zpl_json_write(json, false, &buf), ZPL_OK);
    const char *text = zpl_arena_strdup(&arena, zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    zpl_json_release(json);
    return text;
}

/* The same text with the number of the next version at `field`, which it has exactly once. */
static const char *next_version(const char *text, const char *field, int version)
{
    char now[64], next[64];
    snprintf(now, sizeof now, "\"%s\":%d", field, version);
    snprintf(next, sizeof next, "\"%s\":%d", field, version + 1);
    const char *at = strstr(text, now);
    assert_non_null(at);
    assert_null(strstr(at + 1, now));
    return zpl_arena_printf(&arena, "%.*s%s%s", (int)(at - text), text, next, at + strlen(now));
}

static struct zpl_digest digest(const char *text)
{
    return zpl_digest_of(text, strlen(text));
}

static const struct zpl_literal *string(const char *s)
{
    return zpl_literal_string(&arena, s, strlen(s));
}

/* ---- key -------------------------------------------------------------------------------------- */

/* Of a step that runs no Python: modules, packages and workers came after the others, and left their keys alone. */
static void key(void **state)
{
    (void)state;
    static const char *const values[] = {
        "2",       IDENTITY, "duckdb 1.4.4", IDENTITY,  "a,b", "15",           "Table {a: Int}",
        "Int 0..", "f00",    "ba5",          "3000000", "a,b", "0123456789abc"};
    struct zpl_ingredients list = {0};
    int number = 0;
    for (int i = 0; i < ZPL_ING_KINDS; i++, number++) {
        if (i == ZPL_ING_MODULE || i == ZPL_ING_PACKAGE || i == ZPL_ING_WORKERS) {
            number--;
            continue;
        }
        assert_true(zpl_ingredients_add(&list, &arena, (enum zpl_ingredient_kind)i,
                                        zpl_arena_printf(&arena, "n%d", number), values[number],
                                        number % 2 ? "shown" : NULL));
    }
    char whole[ZPL_HEX_SIZE], shape[ZPL_HEX_SIZE];
    struct zpl_digest digests[] = {zpl_ingredients_key(&list, false),
                                   zpl_ingredients_key(&list, true)};
    zpl_digest_hex(&digests[0], whole);
    zpl_digest_hex(&digests[1], shape);
    golden("key", ZPL_KEY_VERSION,
           zpl_arena_printf(&arena, "%s\n%s\n%s\n", text_of(zpl_ingredients_json(&list)), whole,
                            shape));
}

/* ---- graph ------------------------------------------------------------------------------------ */

static const struct zpl_type *type(const char *text)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    assert_int_equal(zpl_type_parse(text, &arena, &type, &error), ZPL_OK);
    return type;
}

/* A graph that has every field of a node at least once; its texts are static or in `arena`. */
static void fill_graph(struct zpl_graph *graph)
{
    static const char *const columns[] = {"delay", "distance", NULL};
    static const uint32_t after[] = {0};
    const struct zpl_literal **items = zpl_arena_array(&arena, 2, sizeof *items);
    static const char *const keys[] = {"leak"};
    items[0] = string("delay");
    graph->pipeline = "delays";
    struct zpl_param *param = zpl_graph_add_param(graph);
    *param = (struct zpl_param){.name = "minutes",
                                .type = type("Int 0.. default 15"),
                                .value = zpl_literal_int(&arena, 30),
                                .given = true,
                                .place = "delays.zpl:2:41"};

    struct zpl_argument *path = zpl_arena_array(&arena, 2, sizeof *path);
    path[0] = (struct zpl_argument){
        .name = "path",
        .value = zpl_value_literal(&arena, zpl_literal_path(&arena, "data/x.csv", 10))};
    path[1] = (struct zpl_argument){
        .name = "share", .value = zpl_value_literal(&arena, zpl_literal_float(&arena, 2))};
    static struct zpl_output rows[1], report[1];
    rows[0] = (struct zpl_output){.name = "rows",
                                  .type = type("Table {delay: Int hindsight, distance: Float}")};
    report[0] = (struct zpl_output){.name = "report", .type = type("Report {auc: Float}")};
    struct zpl_node *node = zpl_graph_add(graph);
    node->name = node->step = node->kernel = "csv.read";
    node->identity = IDENTITY;
    node->engines = "duckdb 1.4.4";
    node->place = "delays.zpl:4:17";
    node->arguments = path;
    node->argument_count = 2;
    node->outputs = rows;
    node->output_count = 1;
    node->source = "csv";

    struct zpl_argument *table = zpl_arena_array(&arena, 1, sizeof *table);
    table[0] = (struct zpl_argument){.name = "rows",
                                     .value = zpl_value_ref(&arena, 0, 0, NULL, rows[0].type),
                                     .reads = columns,
                                     .read_count = 2};
    static const struct zpl_binding bindings[] = {{"f", columns, 2}};
    node = zpl_graph_add(graph);
    node->name = "judge";
    node->step = "own";
    node->kernel = "sql";
    node->identity = IDENTITY;
    node->engines = "";
    node->body = "SELECT 1";
    node->place = "delays.zpl:6:9";
    node->arguments = table;
    node->argument_count = 1;
    node->outputs = report;
    node->output_count = 1;
    node->bindings = bindings;
    node->binding_count = 1;
    node->disjoint = true;
    node->cache = false;
    node->retries = 2;
    node->timeout_ms = 5000;
    node->resources = (struct zpl_resources){.cpu = 1.5, .memory_bytes = 1 << 30, .gpu = 1};
    node->allow = zpl_literal_record(&arena, items, keys, 1);

    node = zpl_graph_add(graph);
    node->name = node->step = node->kernel = "deploy";
    node->identity = IDENTITY;
    node->engines = "";
    node->place = "delays.zpl:8:1";
    node->effect = true;
    node->after = after;
    node->after_count = 1;
    node->when =
        zpl_value_cond(&arena, ZPL_COND_GE, zpl_value_ref(&arena, 1, 0, "auc", type("Float")),
                       zpl_value_literal(&arena, zpl_literal_float(&arena, 0.6)));
}

static enum zpl_err read_graph(const char *text, struct zpl_graph *out)
{
    struct zpl_json *json;
    assert_int_equal(zpl_json_parse(text, strlen(text), &json, NULL), ZPL_OK);
    enum zpl_err err = zpl_graph_from_json(json, out, &diags);
    zpl_json_release(json);
    return err;
}

/* What the tables a query reads were chosen by came later than the fixture: it may be absent. */
static void choices_come_back(struct zpl_graph *made)
{
    static const struct zpl_column_choice any[] = {{0, ZPL_WHEN_ANY}},
                                          some[] = {{0, ZPL_WHEN_AFTER}};
    static const struct zpl_column_source sources[] = {
        {.by = true, .when = ZPL_WHEN_SAME},
        {.column = 1, .by = true, .key = true, .when = ZPL_WHEN_ANY}};
    static const struct zpl_column_origin chosen = {
        .sources = sources, .count = 2, .chosen = {any, any, some}, .chosen_count = {1, 0, 1}};
    const struct zpl_column_origin choices[ZPL_CHOICES] = {chosen, {.all = true}};
    struct zpl_output query = made->nodes[made->count - 1].outputs[0];
    const struct zpl_column_origin origins[] = {chosen, chosen, chosen,
                                                chosen, chosen, {.all = true}};
    struct zpl_graph back = {0};
    query.origins = origins;
    query.choices = choices;
    made->nodes[made->count - 1].outputs = &query;
    const char *text = text_of(zpl_graph_to_json(made, NULL));
    assert_non_null(
        strstr(text, "\"by\":[[\"flights\",\"delay\",\"=\"]],\"key\":[[\"flights\",\"distance\"]]"
                     ",\"picks\":[[\"flights\",\">\"]],\"rows\":[\"flights\"]"));
    assert_non_null(strstr(text, "\"chosen\":{\"gaps\":\"all\",\"rows\":{"));
    assert_int_equal(read_graph(text, &back), ZPL_OK);
    assert_string_equal(text_of(zpl_graph_to_json(&back, NULL)), text);
    zpl_graph_release(&back);
}

static void graph(void **state)
{
    (void)state;
    struct zpl_graph made = {0}, back = {0}, refused = {0};
    fill_graph(&made);
    query_fixture(&made, &arena, IDENTITY);
    const char *text = text_of(zpl_graph_to_json(&made, NULL));
    golden("graph", ZPL_GRAPH_VERSION, text);
    assert_int_equal(read_graph(text, &back), ZPL_OK);
    assert_string_equal(text_of(zpl_graph_to_json(&back, NULL)), text);
    assert_int_equal(read_graph(next_version(text, "version", ZPL_GRAPH_VERSION), &refused),
                     ZPL_ERR_VERSION);
    choices_come_back(&made);
    zpl_graph_release(&made);
    zpl_graph_release(&back);
    zpl_graph_release(&refused);
}

/* ---- plan ------------------------------------------------------------------------------------- */

/* Of the graph of the fixture, whose steps stand in two files. */
static const char *places_text(struct zpl_graph *made)
{
    struct zpl_sources sources = {0};
    struct zpl_buf text = {0};
    uint32_t own = zpl_sources_add(&sources, "delays.zpl", "params\n read\n judge\n", 21);
    uint32_t other = zpl_sources_add(&sources, "lib/deploy.zpl", "deploy", 6);
    made->params[0].span = (struct zpl_span){own, 0, 6};
    made->nodes[0].span = (struct zpl_span){own, 8, 12};
    made->nodes[1].span = (struct zpl_span){own, 14, 19};
    made->nodes[2].span = (struct zpl_span){other, 0, 6};
    assert_int_equal(zpl_places_write(made, &sources, "delays.zpl", &text), ZPL_OK);
    const char *copy = zpl_arena_strdup(&arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    zpl_sources_release(&sources);
    return copy;
}

static void assert_stands(const struct zpl_run_record *record, size_t step, const char *file,
                          int64_t line)
{
    const struct zpl_json *json = zpl_json_at(record->steps, step);
    const char *found = zpl_json_str(zpl_json_get(json, "file"), NULL);
    assert_int_equal(zpl_json_i64(zpl_json_get(json, "line"), -1), line);
    assert_true(file ? found && strcmp(found, file) == 0 : found == NULL);
    assert_null(zpl_json_get(json, "node"));
}

static void plan(void **state)
{
    (void)state;
    static struct zpl_session session;
    struct zpl_graph made = {0};
    fill_graph(&made);
    struct zpl_output_row rows = {.name = "rows",
                                  .type = "Table {delay: Int hindsight, distance: Float}",
                                  .digest = digest("rows"),
                                  .bytes = 4096,
                                  .rows = 300};
    struct zpl_output_row report = {.name = "report",
                                    .type = "Report {auc: Float}",
                                    .digest = digest("report"),
                                    .bytes = 12,
                                    .rows = -1,
                                    .json = "{\"auc\":0.75}"};
    struct zpl_step_plan steps[] = {
        {.status = ZPL_PLAN_CACHED,
         .keyed = true,
         .key = digest("key"),
         .outputs = &rows,
         .duration_ns = 12345678},
        {.status = ZPL_PLAN_RAN,
         .keyed = true,
         .key = digest("key 2"),
         .outputs = &report,
         .why = "never ran",
         .duration_ns = 2000000000,
         .attempts = 2},
        {.status = ZPL_PLAN_FAILED, .attempts = 1, .error = "it was refused"}};
    struct zpl_run run = {
        .id = 7,
        .status = ZPL_RUN_FAILED,
        .started_ns = 1000000000,
        .ended_ns = 4500000000,
        .plan = {.session = &session, .graph = &made, .steps = steps},
    };
    const char *text = text_of(zpl_report_run(&run));
    golden("plan", ZPL_REPORT_VERSION, text);

    struct zpl_run_record record;
    struct zpl_run_row row = {.id = 7, .plan = text};
    assert_int_equal(zpl_run_record_open(&row, &record, &diags), ZPL_OK);
    assert_int_equal(zpl_json_count(record.steps), 3);
    zpl_run_record_release(&record);
    row.plan = next_version(text, "version", ZPL_REPORT_VERSION);
    assert_int_equal(zpl_run_record_open(&row, &record, &diags), ZPL_ERR_VERSION);
    zpl_run_record_release(&record);

    /* what a run keeps, of two of the three */
    static const bool kept[] = {true, false, true};
    run.plan.kept = kept;
    row.plan = text_of(zpl_report_record(&run.plan));
    golden("record", ZPL_PLAN_VERSION, row.plan);
    row.places = places_text(&made);
    golden("places", ZPL_PLACES_VERSION, row.places);
    assert_int_equal(zpl_run_record_open(&row, &record, &diags), ZPL_OK);
    assert_stands(&record, 0, NULL, 2);
    assert_stands(&record, 1, "lib/deploy.zpl", 1);
    zpl_run_record_release(&record);
    const char *places = row.places;
    row.places = next_version(places, "version", ZPL_PLACES_VERSION);
    assert_int_equal(zpl_run_record_open(&row, &record, &diags), ZPL_ERR_VERSION);
    zpl_run_record_release(&record);
    row.places = "{\"nodes\":[{\"count\":2}],\"version\":1}"; /* it has three */
    assert_int_equal(zpl_run_record_open(&row, &record, &diags), ZPL_ERR_INPUT);
    zpl_run_record_release(&record);
    zpl_graph_release(&made);
}

/* ---- protocol --------------------------------------------------------------------------------- */

static const char *const abc[] = {"a", "b", "c", NULL};

/* The messages that a driver and a worker exchange, each on a line of its own. */
struct said {
    struct zpl_buf all, one;
    const char *lines[16];
    size_t count;
};

static void keep(struct said *said, enum zpl_err err)
{
    assert_int_equal(err, ZPL_OK);
    assert_true(said->count < sizeof said->lines / sizeof *said->lines);
    said->lines[said->count++] = zpl_arena_strdup(&arena, zpl_buf_str(&said->one));
    zpl_buf_printf(&said->all, "%s\n", zpl_buf_str(&said->one));
    zpl_buf_clear(&said->one);
}

static void say_tasks(struct said *said)
{
    const struct zpl_run_param params[] = {{"minutes", zpl_literal_int(&arena, 15)},
                                           {"data", zpl_literal_path(&arena, "x.csv", 5)}};
    const struct zpl_run_input inputs[] = {
        {"rows", "Table {a: Int}", "/store/aa", 300, false, abc, 2, "Table {a: Int 0.., ...}",
         "csv.read", true, digest("rows")},
        {"model", "Model", "/store/bb", -1, true, NULL, 0, NULL, NULL, false, {{0}}}};
    const struct zpl_run_output output = {"report", "Report {auc: Float}", "/scratch/report"};
    const struct zpl_run_binding binding = {"f", abc};
    static const uint32_t spread[] = {1, 1};
    const struct zpl_run_task run = {.kernel = "evaluate",
                                     .body = "SELECT 1",
                                     .params = params,
                                     .param_count = 2,
                                     .inputs = inputs,
                                     .input_count = 2,
                                     .outputs = &output,
                                     .output_count = 1,
                                     .bindings = &binding,
                                     .binding_count = 1,
                                     .scratch = "/scratch",
                                     .store = "/project/.zpl",
                                     .project = "/project",
                                     .files = abc,
                                     .file_count = 2,
                                     .threads = 1,
                                     .memory_bytes = 1 << 30,
                                     .workers = 2,
                                     .spread = {.counts = spread,
                                                .count = 2,
                                                .machine = 1,
                                                .address = "10.0.0.1",
                                                .port = 29500},
                                     .gpus = "0,1"};
    keep(said, zpl_task_encode_run(&run, &said->one));
    const uint32_t places[] = {1, 0};
    const struct zpl_row_key told[] = {{places, 2}, {places, 1}, {NULL, 0}};
    const struct zpl_bind_table table = {"t", type("Table {a: Int, b: String}")->row, told, 3};
    const struct zpl_bind_param param = {"minutes", ZPL_INT};
    const struct zpl_bind_request bind = {"SELECT a FROM t WHERE a > $minutes", &table, 1, &param,
                                          1};
    keep(said, zpl_task_encode_bind(&bind, &said->one));
    const struct zpl_literal **items = zpl_arena_array(&arena, 1, sizeof *items);
    static const char *const keys[] = {"delimiter"};
    items[0] = string(";");
    const struct zpl_schema_request schema = {"csv", "/data/x.csv",
                                              zpl_literal_record(&arena, items, keys, 1)};
    keep(said, zpl_task_encode_schema(&schema, &said->one));
    const struct zpl_look_request look = {"/usr/bin/python3", "/project",
                                          "{\"text\":\"import os\",\"v\":2}"};
    keep(said, zpl_task_encode_module(&look, &said->one));
}

static void say_replies(struct said *said)
{
    struct zpl_diags told = {0};
    const struct zpl_run_column column = {"a", digest("a"), 512};
    const struct zpl_run_made made[] = {
        {"rows", digest("rows"), 4096, false, 300, &column, 1, NULL},
        {"report", digest("report"), 12, false, -1, NULL, 0, "{\"auc\":0.75}"}};
    const struct zpl_run_result result = {.made = made, .made_count = 2};
    keep(said, zpl_reply_encode_run(ZPL_OK, &result, &told, &said->one));
    const struct zpl_bind_reads reads = {true, false, abc, 2};
    const struct zpl_bind_warning warning = {"LIMIT without ORDER BY", 9, 5};
    struct zpl_bind_source sources[] = {
        {.when = ZPL_WHEN_SAME},
        {.when = ZPL_WHEN_BEFORE},
        {.column = 1, .by = true, .when = ZPL_WHEN_AFTER},
        {.column = 2, .by = true, .key = true, .when = ZPL_WHEN_ANY}};
    static const uint32_t tables[] = {0};
    static const struct zpl_bind_choice any[] = {{0, ZPL_WHEN_ANY}},
                                        some[] = {{0, ZPL_WHEN_BEFORE}};
    const struct zpl_bind_origin origins[] = {{.sources = sources, .count = 1, .plain = true},
                                              {.sources = sources + 1,
                                               .count = 3,
                                               .order = {.of = ZPL_ORDER_SOURCE, .column = 2},
                                               .over = tables,
                                               .over_count = 1,
                                               .with = tables,
                                               .with_count = 1,
                                               .chosen = {any, some},
                                               .chosen_count = {1, 1}},
                                              {.all = true}};
    const struct zpl_bind_rows rows = {
        .tables = tables, .count = 1, .filtered = true, .repeats = true};
    static const uint32_t places[] = {0, 2};
    const struct zpl_row_key key = {places, 2};
    const struct zpl_bind_answer fine = {
        .row = type("Table {a: Int, b: Int, c: Int}")->row,
        .origins = origins,
        .rows = &rows,
        .rows_count = 1,
        .choices = {{.order = {.of = ZPL_ORDER_RESULT, .column = 1, .nulls_first = true},
                     .chosen = {any},
                     .chosen_count = {1}}},
        .keys = &key,
        .key_count = 1,
        .reads = &reads,
        .identity = IDENTITY,
        .params_used = abc,
        .warnings = &warning,
        .warning_count = 1,
        .error.offset = -1};
    keep(said, zpl_reply_encode_bind(ZPL_OK, &fine, 1, &told, &said->one));
    const struct zpl_bind_scope scope = {"t", true, abc};
    const struct zpl_bind_answer wrong = {
        .error = {ZPL_BIND_NAME, "unknown column 'x'", "x", abc, 7, 1, &scope, 1}};
    keep(said, zpl_reply_encode_bind(ZPL_OK, &wrong, 1, &told, &said->one));
    static const struct zpl_schema_look look = {.clue = "2 of 3 values are numbers",
                                                .misfit = "holds Int, but Date is declared"};
    const struct zpl_schema_answer schema = {
        .row = type("Table {a: Int}")->row, .looks = &look, .sparse = true, .note = "guessed"};
    keep(said, zpl_reply_encode_schema(ZPL_OK, &schema, &told, &said->one));
    /* A failure: its code and its diagnostics travel as numbers and texts. */
    struct zpl_diag *diag =
        zpl_diag_add(&told, ZPL_CODE_STEP_FAILED, (struct zpl_span){0}, "it fell over");
    zpl_diag_help(&told, diag, "pick it up");
    keep(said, zpl_reply_encode_run(ZPL_ERR_STEP, NULL, &told, &said->one));
    const struct zpl_note_message notes[] = {{"hello\n", 6, -1, NULL}, {NULL, 0, 0.5, "round 3"}};
    for (size_t i = 0; i < 2; i++)
        keep(said, zpl_message_encode(&notes[i], &said->one));
    zpl_diags_release(&told);
}

/* Reads line `line` of the messages as the side that gets it does. */
static enum zpl_err decode(size_t line, const char *text)
{
    struct zpl_task task;
    struct zpl_run_result result;
    struct zpl_bind_answer bind;
    struct zpl_schema_answer schema;
    size_t n = strlen(text);
    switch (line) {
    case 4:
    case 8:
        return zpl_reply_decode_run(text, n, &result, &arena, &diags);
    case 5:
    case 6:
        return zpl_reply_decode_bind(text, n, 1, &bind, &arena, &diags);
    case 7:
        return zpl_reply_decode_schema(text, n, &schema, &arena, &diags);
    }
    return zpl_task_decode(text, n, &task, &arena, &diags);
}

static void protocol(void **state)
{
    (void)state;
    struct said said = {0};
    say_tasks(&said);
    say_replies(&said);
    golden("protocol", ZPL_PROTOCOL_VERSION, zpl_buf_str(&said.all));
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(decode(i, said.lines[i]), i == 8 ? ZPL_ERR_STEP : ZPL_OK);
        assert_int_equal(decode(i, next_version(said.lines[i], "v", ZPL_PROTOCOL_VERSION)),
                         ZPL_ERR_VERSION);
    }
    zpl_buf_release(&said.all);
    zpl_buf_release(&said.one);
}

/* ---- schema of the metadata store ------------------------------------------------------------- */

/* The definitions in a store as SQLite keeps them, runs of white space as one space. */
static const char *definitions(struct zpl_sqldb *db)
{
    struct zpl_sqlrow *row;
    struct zpl_buf out = {0};
    enum zpl_err err = zpl_sqldb_query(
        db, &row, &diags, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name", "");
    assert_int_equal(err, ZPL_OK);
    while ((err = zpl_sqldb_step(db, row, &diags)) == ZPL_OK) {
        const char *text = zpl_sqlrow_text(row, 0);
        for (bool blank = false; *text; text++) {
            if (*text != ' ' && *text != '\n')
                zpl_buf_printf(&out, "%s%c", blank ? " " : "", *text);
            blank = *text == ' ' || *text == '\n';
        }
        zpl_buf_putc(&out, '\n');
    }
    assert_int_equal(err, ZPL_ERR_NOT_FOUND);
    const char *text = zpl_arena_strdup(&arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return text;
}

static void schema(void **state)
{
    (void)state;
    char home[] = "/tmp/zpl-test-formats-XXXXXX", path[64], version[64];
    struct zpl_metadata store;
    struct zpl_sqldb *db;
    assert_non_null(mkdtemp(home));
    const struct zpl_stack_config config = {.home = home};
    snprintf(path, sizeof path, "%s/zpl.db", home);
    assert_int_equal(zpl_metadata_open(&config, true, &store, &diags), ZPL_OK);
    store.release(store.self);
    assert_int_equal(zpl_sqldb_open(path, ZPL_SQLDB_WRITE, &db, &diags), ZPL_OK);
    golden("schema", ZPL_SCHEMA_VERSION, definitions(db));
    snprintf(version, sizeof version, "PRAGMA user_version = %d", ZPL_SCHEMA_VERSION + 1);
    assert_int_equal(zpl_sqldb_exec(db, version, &diags), ZPL_OK);
    zpl_sqldb_release(db);
    assert_int_equal(zpl_metadata_open(&config, true, &store, &diags), ZPL_ERR_VERSION);
    assert_int_equal(zpl_metadata_open(&config, false, &store, &diags), ZPL_ERR_VERSION);
    assert_int_equal(zpl_fs_remove_tree(home, &diags), ZPL_OK);
}

static const char *hex_of(const char *text)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_digest sum = digest(text);
    zpl_digest_hex(&sum, hex);
    return zpl_arena_strdup(&arena, hex);
}

/* A plan and a graph as that version keeps them, as SQL. */
static const char *old_texts(int version)
{
    return zpl_arena_printf(
        &arena,
        version >= 4 ? "INSERT INTO texts (id, digest) VALUES (1, '%1$s'), (2, '%2$s');"
                       "INSERT INTO pieces VALUES (1, '%1$s', 'a plan'), (2, '%2$s', 'a graph');"
                       "INSERT INTO text_pieces VALUES (1, 0, 1), (2, 0, 2);"
                     : "INSERT INTO texts VALUES ('%1$s', 'a plan'), ('%2$s', 'a graph');",
        hex_of("a plan"), hex_of("a graph"));
}

/* A store of an old version with one run, from the golden definitions. */
static void make_old_store(const char *path, int version)
{
    struct zpl_sqldb *db;
    struct zpl_buf text = {0};
    char *rest;
    assert_int_equal(zpl_fs_read_file(golden_path("schema", version), 1 << 20, &text, &diags),
                     ZPL_OK);
    assert_int_equal(zpl_sqldb_open(path, ZPL_SQLDB_WRITE, &db, &diags), ZPL_OK);
    for (char *line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!strstr(line, "sqlite_sequence"))
            assert_int_equal(zpl_sqldb_exec(db, line, &diags), ZPL_OK);
    assert_int_equal(
        zpl_sqldb_exec(
            db,
            version == 1
                ? "INSERT INTO runs (id, pipeline, file, status, started_ns, plan, graph) "
                  "VALUES (7, 'p', 'p.zpl', 'done', 1, 'a plan', 'a graph'), "
                  "(8, 'p', 'p.zpl', 'failed', 2, NULL, 'a graph'), "
                  "(9, 'p', 'p.zpl', 'running', 3, NULL, NULL);"
                : zpl_arena_printf(
                      &arena,
                      "%s"
                      "INSERT INTO runs (id, pipeline, file, status, started_ns, plan, "
                      "graph) VALUES (7, 'p', 'p.zpl', 'done', 1, '%s', '%s'), "
                      "(8, 'p', 'p.zpl', 'failed', 2, NULL, '%s'), "
                      "(9, 'p', 'p.zpl', 'running', 3, NULL, NULL);",
                      old_texts(version), hex_of("a plan"), hex_of("a graph"), hex_of("a graph")),
            &diags),
        ZPL_OK);
    assert_int_equal(
        zpl_sqldb_exec(
            db,
            "INSERT INTO steps (run, pipeline, name, step, kernel, status, key, shape_key, "
            "started_ns, duration_ns, attempts, log) VALUES (7, 'p', 's', 's', 'sql', 'ran', "
            "'00', '00', 1, 1, 1, 'a log'), (7, 'p', 'damaged', 's', 'sql', 'ran', '00', '00', 1, "
            "1, 1, NULL);"
            "INSERT INTO outputs (step, name, type, digest, bytes) "
            "VALUES (2, 'n', 'Int', 'rubbish', 1);",
            &diags),
        ZPL_OK);
    assert_int_equal(zpl_sqldb_exec(db,
                                    zpl_arena_printf(&arena,
                                                     "UPDATE steps SET key = '%s', shape_key = "
                                                     "'%s'; PRAGMA user_version = %d",
                                                     hex_of("key"), hex_of("shape"), version),
                                    &diags),
                     ZPL_OK);
    if (version >= 3) { /* rows have sums; the damaged one has none */
        struct zpl_sqlite rows = {.db = db};
        assert_int_equal(zpl_sqldb_exec(db,
                                        "UPDATE steps SET boot = '';"
                                        "ALTER TABLE runs ADD COLUMN places TEXT;",
                                        &diags),
                         ZPL_OK);
        for (int64_t run = 7; run <= 9; run++)
            assert_int_equal(zpl_sqlite_seal_run(&rows, run, &diags), ZPL_OK);
        assert_int_equal(zpl_sqldb_exec(db, "ALTER TABLE runs DROP COLUMN places", &diags), ZPL_OK);
        assert_int_equal(zpl_sqlite_seal_step(&rows, 1, &diags), ZPL_OK);
    }
    zpl_sqldb_release(db);
    zpl_buf_release(&text);
}

static void old_schema(int version)
{
    char home[] = "/tmp/zpl-test-formats-XXXXXX", path[64];
    struct zpl_metadata store;
    struct zpl_run_row run;
    struct zpl_step_row step;
    struct zpl_sqldb *db;
    int64_t alone;
    assert_non_null(mkdtemp(home));
    const struct zpl_stack_config config = {.home = home};
    snprintf(path, sizeof path, "%s/zpl.db", home);
    make_old_store(path, version);
    assert_int_equal(zpl_metadata_open(&config, false, &store, &diags), ZPL_ERR_VERSION);
    /* not while a run of an older zpl writes to it */
    int leases = zpl_lock_open(zpl_arena_printf(&arena, "%s/leases", home));
    assert_int_equal(zpl_lock_take(leases, zpl_sqlite_run_byte(9), false), ZPL_OK);
    assert_int_equal(zpl_metadata_open(&config, true, &store, &diags), ZPL_ERR_BUSY);
    assert_int_equal(diags.items[diags.count - 1]->code, ZPL_CODE_STORE_BUSY);
    close(leases);
    assert_int_equal(zpl_metadata_open(&config, true, &store, &diags), ZPL_OK);
    assert_int_equal(store.run_get(store.self, 9, &run, &arena, &diags), ZPL_OK);
    assert_int_equal(run.status, ZPL_RUN_INTERRUPTED);
    assert_int_equal(store.run_get(store.self, 7, &run, &arena, &diags), ZPL_OK);
    assert_string_equal(run.plan, "a plan");
    assert_string_equal(run.graph, "a graph");
    assert_null(run.places);
    assert_int_equal(store.run_get(store.self, 8, &run, &arena, &diags), ZPL_OK);
    assert_null(run.plan);
    assert_string_equal(run.graph, "a graph");
    /* whether its bytes are on the disk, nobody knows */
    assert_int_equal(store.step_of_run(store.self, 7, "s", &step, &arena, &diags), ZPL_OK);
    assert_true(step.unsure);
    assert_string_equal(step.log, "a log");
    assert_int_equal(store.step_of_run(store.self, 7, "damaged", &step, &arena, &diags),
                     ZPL_ERR_CORRUPT);
    assert_non_null(strstr(diags.items[diags.count - 1]->help, "zpl doctor --repair"));
    zpl_diags_clear(&diags);
    assert_int_equal(store.alone_begin(store.self, &alone, &diags), ZPL_OK);
    assert_int_equal(store.alone_commit(store.self, store.mend(store.self, &diags), &diags),
                     ZPL_OK);
    store.alone_end(store.self);
    assert_int_equal(store.step_of_run(store.self, 7, "damaged", &step, &arena, &diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(store.step_of_run(store.self, 7, "s", &step, &arena, &diags), ZPL_OK);
    store.release(store.self);
    assert_int_equal(zpl_sqldb_open(path, ZPL_SQLDB_READ, &db, &diags), ZPL_OK);
    golden("schema", ZPL_SCHEMA_VERSION, definitions(db));
    zpl_sqldb_release(db);
    assert_int_equal(zpl_fs_remove_tree(home, &diags), ZPL_OK);
}

static void every_old_schema(void **state)
{
    (void)state;
    for (int version = 1; version < ZPL_SCHEMA_VERSION; version++)
        old_schema(version);
}

/* ---- closure images --------------------------------------------------------------------------- */

static bool keep_value(void *self, const struct zpl_literal *value)
{
    *(int64_t *)self = value->as.i;
    return true;
}

static enum zpl_err run_image(const char *image, int64_t *result)
{
    const struct zpl_lua_input input = {.name = "n", .literal = zpl_literal_int(&arena, 4)};
    const struct zpl_lua_output output = {
        .name = "n", .type = type("Int"), .self = result, .value = keep_value};
    const struct zpl_closure_call call = {.image = image,
                                          .image_len = strlen(image),
                                          .inputs = &input,
                                          .input_count = 1,
                                          .outputs = &output,
                                          .output_count = 1};
    return zpl_closure_run(&call, &diags);
}

static void closure(void **state)
{
    (void)state;
    static const char text[] = "local most, names = 120, { a = 1, [2] = \"größe\" }\n"
                               "local function clip (x) return math.min(x, most) end\n"
                               "local s = step \"s\" { signature = \"(n: Int) -> (n: Int)\",\n"
                               "  lua = function (t) local x = names.a + t.n -- adds\n"
                               "    return clip(x) end }\n"
                               "s { 1 }\n";
    struct zpl_world world = fake_world(false, NULL);
    struct zpl_compile_request request = {.name = "t.zpl", .text = text, .len = strlen(text)};
    struct zpl_program program;
    assert_int_equal(zpl_compile(&request, &world, &program), ZPL_OK);
    const char *image = zpl_arena_strdup(&arena, program.graph.nodes[0].body);
    zpl_program_release(&program);
    golden("closure", ZPL_CLOSURE_VERSION, image);
    int64_t result = 0;
    assert_int_equal(run_image(image, &result), ZPL_OK);
    assert_int_equal(result, 5);
    assert_int_equal(run_image(next_version(image, "version", ZPL_CLOSURE_VERSION), &result),
                     ZPL_ERR_VERSION);
}

/* ---- kernel ABI ------------------------------------------------------------------------------- */

#define FIELD(s, f)                                                                                \
    zpl_buf_printf(&out, "%s.%s %zu %zu\n", #s, #f, offsetof(struct s, f),                         \
                   sizeof(((struct s *)0)->f))

static void kernel_abi(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    zpl_buf_printf(&out, "zpl_kernel %zu\n", sizeof(struct zpl_kernel));
    FIELD(zpl_kernel, abi);
    FIELD(zpl_kernel, name);
    FIELD(zpl_kernel, signature);
    FIELD(zpl_kernel, doc);
    FIELD(zpl_kernel, source);
    FIELD(zpl_kernel, engines);
    FIELD(zpl_kernel, run);
    zpl_buf_printf(&out, "zpl_kernel_context %zu\n", sizeof(struct zpl_kernel_context));
    FIELD(zpl_kernel_context, abi);
    FIELD(zpl_kernel_context, self);
    FIELD(zpl_kernel_context, param_int);
    FIELD(zpl_kernel_context, param_float);
    FIELD(zpl_kernel_context, param_bool);
    FIELD(zpl_kernel_context, param_text);
    FIELD(zpl_kernel_context, param_json);
    FIELD(zpl_kernel_context, columns);
    FIELD(zpl_kernel_context, input_path);
    FIELD(zpl_kernel_context, input_type);
    FIELD(zpl_kernel_context, input_rows);
    FIELD(zpl_kernel_context, input_table);
    FIELD(zpl_kernel_context, output_path);
    FIELD(zpl_kernel_context, output_type);
    FIELD(zpl_kernel_context, output_table);
    FIELD(zpl_kernel_context, output_json);
    FIELD(zpl_kernel_context, scratch);
    FIELD(zpl_kernel_context, threads);
    FIELD(zpl_kernel_context, memory);
    FIELD(zpl_kernel_context, log);
    FIELD(zpl_kernel_context, progress);
    FIELD(zpl_kernel_context, fail);
    assert_int_equal(ZPL_KERNEL_ABI, ZPL_KERNEL_ABI_VERSION);
    golden("kernel", ZPL_KERNEL_ABI, zpl_buf_str(&out));
    zpl_buf_release(&out);
}

/* ---- spool ------------------------------------------------------------------------------------- */

/* The files of a task that another machine runs, as hexadecimal digits where they are no text. */
static void the_folder_of_a_task(void **state)
{
    (void)state;
    char folder[] = "/tmp/zpl-formats.XXXXXX", path[ZPL_PATH_MAX], protocol[32];
    struct zpl_buf all = {0}, file = {0}, frames = {0};
    struct zpl_spool_about about = {
        .has_key = true, .key = digest("key"), .batch = UINT64_C(1764329000000000000), .index = 3};
    struct zpl_task_needs needs = {
        .memory_bytes = 1u << 30, .timeout_ms = 90000, .workers = 3, .together = true};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(zpl_spool_write_about(folder, &about, &diags), ZPL_OK);
    assert_int_equal(zpl_spool_write_task(folder, "the task", 8, &needs, &diags), ZPL_OK);
    for (const char *const *name = (const char *const[]){ZPL_SPOOL_ABOUT, ZPL_SPOOL_TASK, NULL};
         *name; name++) {
        assert_int_equal(zpl_path_join(path, folder, *name), ZPL_OK);
        assert_int_equal(zpl_fs_read_file(path, 4096, &file, &diags), ZPL_OK);
        /* the protocol has a version of its own */
        snprintf(protocol, sizeof protocol, "\"protocol\":%d,", ZPL_PROTOCOL_VERSION);
        const char *text = zpl_buf_str(&file), *cut = strstr(text, protocol);
        int before = cut ? (int)(cut - text) : (int)file.len;
        zpl_buf_printf(&all, "%s: %.*s%s\n", *name, before, text,
                       cut ? cut + strlen(protocol) : "");
    }
    for (int kind = ZPL_EVENT_MESSAGE; kind <= ZPL_EVENT_LOST; kind++) {
        struct zpl_spool_frame frame = {.began = kind == ZPL_EVENT_MESSAGE,
                                        .event = {.kind = (enum zpl_event_kind)kind,
                                                  .printed = kind % 2 == 0,
                                                  .peak_bytes = 1u << 20,
                                                  .data = "data",
                                                  .len = 4}};
        snprintf(frame.event.reason, sizeof frame.event.reason, "reason");
        zpl_spool_put(&frames, &frame);
    }
    zpl_buf_puts(&all, "events: ");
    for (size_t i = 0; i < frames.len; i++)
        zpl_buf_printf(&all, "%02x", (unsigned char)frames.data[i]);
    zpl_buf_putc(&all, '\n');
    golden("spool", ZPL_SPOOL_VERSION, zpl_buf_str(&all));
    zpl_fs_remove_tree(folder, NULL);
    zpl_buf_release(&frames);
    zpl_buf_release(&file);
    zpl_buf_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(key, tear_down),
        cmocka_unit_test_teardown(graph, tear_down),
        cmocka_unit_test_teardown(plan, tear_down),
        cmocka_unit_test_teardown(protocol, tear_down),
        cmocka_unit_test_teardown(schema, tear_down),
        cmocka_unit_test_teardown(every_old_schema, tear_down),
        cmocka_unit_test_teardown(closure, tear_down),
        cmocka_unit_test_teardown(kernel_abi, tear_down),
        cmocka_unit_test_teardown(the_folder_of_a_task, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
