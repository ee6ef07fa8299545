/* test_sql.c - queries on what is in scope, with an engine made of one answer at a time: what the engine is asked, what becomes of its answers and of its errors. */
#include "tests/unit/oracle.h"

/* A query with everything in scope. */
static enum zpl_err query(struct bench *b, const char *text)
{
    struct zpl_call_argument *arguments =
        zpl_arena_array(&b->graph.arena, b->name_count, sizeof *arguments);
    char *whole = zpl_arena_printf(&b->graph.arena, "sql %s", text);
    b->text = whole;
    b->source = zpl_sources_add(&b->sources, "query", whole, strlen(whole));
    for (size_t i = 0; i < b->name_count; i++) {
        arguments[i].name = b->names[i].name;
        arguments[i].value = b->names[i].value;
    }
    b->call = (struct zpl_call){.step = &sql,
                                .callee = {b->source, 0, 3},
                                .arguments = arguments,
                                .argument_count = b->name_count,
                                .place = place,
                                .place_self = b};
    return zpl_check_sql(&b->checker, &b->call, text, &b->node);
}

static void literal(struct bench *b, const char *name, const char *type, const char *text)
{
    struct zpl_value *v = zpl_arena_alloc(&b->graph.arena, sizeof *v);
    v->kind = ZPL_VALUE_LITERAL;
    v->type = type ? type_of(b, type) : NULL;
    v->literal = literal_of(b, text);
    name_value(b, name, v);
}

static void a_query_keeps_what_it_uses(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {hour: Int, late: Bool}");
    literal(&b, "minutes", "Int 0..", "15");
    literal(&b, "place", "Path", "Path \"x\"");
    literal(&b, "plain", NULL, "2.5");
    define(&b, "report", "Report {auc: Float}");
    o.reads[0] = "delay date";
    o.params[0] = "minutes";
    assert_int_equal(query(&b, "SELECT hour(date) AS hour, delay > $minutes AS late FROM flights"),
                     ZPL_OK);
    assert_string_equal(o.request, "flights(date delay distance) planes(tail seats) $minutes:Int "
                                   "$place:String $plain:Float | SELECT hour(date) AS hour, "
                                   "delay > $minutes AS late FROM flights");
    const struct zpl_node *node = made(&b);
    assert_int_equal(node->argument_count, 2);
    assert_string_equal(node->arguments[0].name, "flights");
    assert_string_equal(reads_of(&b, "flights"), "delay, date");
    assert_string_equal(node->arguments[1].name, "$minutes");
    assert_int_equal(node->arguments[1].value->literal->as.i, 15);
    assert_string_equal(node->identity, IDENTITY);
    assert_string_equal(node->engines, "duckdb 1.4.4");
    assert_string_equal(node->kernel, "sql");
    assert_string_equal(node->body, "SELECT hour(date) AS hour, delay > $minutes AS late FROM "
                                    "flights");
    assert_string_equal(node->outputs[0].name, "rows");
    assert_output(&b, 0, "Table {hour: Int, late: Bool}");
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
}

static void a_table_may_be_used_without_its_columns(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {n: Int}");
    o.reads[1] = "";
    assert_int_equal(query(&b, "SELECT count(*) AS n FROM planes"), ZPL_OK);
    assert_int_equal(made(&b)->argument_count, 1);
    assert_string_equal(made(&b)->arguments[0].name, "planes");
    assert_string_equal(reads_of(&b, "planes"), "");
    bench_end(&b);
}

static void hindsight_passes_through(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {delay: Int, late: Bool}");
    o.reads[0] = "*";
    assert_int_equal(query(&b, "SELECT delay, delay > 15 AS late FROM flights"), ZPL_OK);
    assert_output(&b, 0, "Table {delay: Int hindsight, late: Bool}");
    assert_string_equal(reads_of(&b, "flights"), "*");
    o.reads[0] = "distance";
    assert_int_equal(query(&b, "SELECT distance AS delay, true AS late FROM flights"), ZPL_OK);
    assert_output(&b, 0, "Table {delay: Int, late: Bool}");
    bench_end(&b);
}

static void errors_are_told_where_they_stand(void **state)
{
    (void)state;
    static const char *const near[] = {"delay", NULL};
    static const char *const functions[] = {"hour", NULL};
    static const struct {
        const char *text;
        struct zpl_bind_error error;
        enum zpl_code code;
        const char *at, *words, *help;
    } cases[] = {
        {"SELECT dealy FROM flights",
         {ZPL_BIND_NAME, "unknown column 'dealy'", "dealy", near, 7, 5, NULL, 0},
         ZPL_CODE_UNKNOWN_COLUMN,
         "dealy",
         "unknown column 'dealy'",
         "did you mean 'delay'?"},
        {"SELECT dealy FROM flights",
         {ZPL_BIND_NAME, "unknown column 'dealy'", "dealy", NULL, -1, 1, NULL, 0},
         ZPL_CODE_UNKNOWN_COLUMN,
         "dealy",
         "unknown column 'dealy'",
         "did you mean 'delay'?"},
        {"SELECT flights.seat FROM flights",
         {ZPL_BIND_NAME, "unknown column 'seat'", "flights.seat", NULL, 7, 12, NULL, 0},
         ZPL_CODE_UNKNOWN_COLUMN,
         "flights.seat",
         "unknown column 'seat'",
         "did you mean 'seats'?"},
        {"SELECT 1 FROM flihgts",
         {ZPL_BIND_NAME, "unknown table 'flihgts'", "flihgts", NULL, 14, 7, NULL, 0},
         ZPL_CODE_UNKNOWN_NAME,
         "flihgts",
         "unknown table 'flihgts'",
         "did you mean 'flights'?"},
        {"SELECT 1 FROM a,\n  flihgts",
         {ZPL_BIND_NAME, "unknown table 'flihgts'", "flihgts", NULL, -1, 7, NULL, 0},
         ZPL_CODE_UNKNOWN_NAME,
         "flihgts",
         "unknown table 'flihgts'",
         "did you mean 'flights'?"},
        {"SELECT $mintes FROM flights",
         {ZPL_BIND_NAME, "unknown name", "mintes", NULL, 8, 6, NULL, 0},
         ZPL_CODE_UNKNOWN_NAME,
         "mintes",
         "nothing in scope is called 'mintes'",
         "did you mean '$minutes'?"},
        {"SELECT $mintes FROM flights",
         {ZPL_BIND_NAME, "unknown", "$mintes", NULL, 7, 7, NULL, 0},
         ZPL_CODE_UNKNOWN_NAME,
         "$mintes",
         "nothing in scope is called 'mintes'",
         "did you mean '$minutes'?"},
        {"SELECT houer (date) FROM flights",
         {ZPL_BIND_NAME, "unknown function 'houer'", "houer", functions, 7, 5, NULL, 0},
         ZPL_CODE_SQL_BIND,
         "houer",
         "unknown function 'houer'",
         "did you mean 'hour'?"},
        {"SELECT distance FROM flights, planes",
         {ZPL_BIND_NAME, "ambiguous column 'distance'", "distance", NULL, 7, 8, NULL, 0},
         ZPL_CODE_SQL_BIND,
         "distance",
         "ambiguous column",
         NULL},
        {"SELECT FROM",
         {ZPL_BIND_SYNTAX, "expected a column before FROM", NULL, NULL, 7, 4, NULL, 0},
         ZPL_CODE_SQL_SYNTAX,
         "FROM",
         "expected a column",
         NULL},
        {"SELECT date + 'x' FROM flights",
         {ZPL_BIND_TYPE, "can't add", NULL, NULL, 12, 1, NULL, 0},
         ZPL_CODE_SQL_BIND,
         "+",
         "can't add",
         NULL},
        {"SELECT map() AS m FROM flights",
         {ZPL_BIND_TYPE, "no type", "m", NULL, -1, 1, NULL, 0},
         ZPL_CODE_SQL_TYPE,
         "m",
         "no type",
         NULL},
        {"SELECT now()",
         {ZPL_BIND_FORBIDDEN, "now() reads a clock", "now", NULL, 7, 3, NULL, 0},
         ZPL_CODE_SQL_FORBIDDEN,
         "now",
         "reads a clock",
         NULL},
        {"SELECT 1",
         {ZPL_BIND_LIMIT, "it took too long", NULL, NULL, -1, 1, NULL, 0},
         ZPL_CODE_LANG_LIMIT,
         "sql",
         "it took too long",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        struct oracle o;
        start(&b, &o, "Table {}");
        literal(&b, "minutes", "Int", "15");
        o.error = cases[i].error;
        assert_int_equal(query(&b, cases[i].text), ZPL_ERR_CHECK);
        const struct zpl_diag *d = told(&b, cases[i].code, cases[i].at, cases[i].words);
        if (cases[i].help)
            helped(d, cases[i].help);
        if (cases[i].code == ZPL_CODE_UNKNOWN_COLUMN) {
            noted(&b, d, "", "'flights' has date, delay, distance");
            noted(&b, d, "make_flights", "made here by step 'make_flights'");
        }
        assert_true(made(&b)->poison);
        assert_output(&b, 0, "Unknown");
        bench_end(&b);
    }
}

static const char *const of_flights[] = {"date", "delay", "distance", NULL};
static const char *const of_nothing[] = {"NULL", "distance", NULL};
static const struct zpl_bind_scope flights_scope = {"flights", true, of_flights};
static const struct zpl_bind_scope subquery_scope = {"", false, of_nothing};

/* After a wrong name the engine is asked once more with what was meant, or NULL, in its place. */
static void all_wrong_names_are_told(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    const struct zpl_bind_error more[] = {
        {ZPL_BIND_NAME, "unknown column 'x'", "x", NULL, 16, 1, &flights_scope, 1},
        {ZPL_BIND_NAME, "unknown function 'huor'", "huor", NULL, 22, 4, NULL, 0},
        {ZPL_BIND_NAME, "no scalar", "minuts", NULL, 43, 6, NULL, 0}};
    start(&b, &o, "Table {x: Int}");
    literal(&b, "minutes", "Int", "15");
    o.error = (struct zpl_bind_error){
        ZPL_BIND_NAME, "unknown column 'dealy'", "dealy", NULL, 7, 5, &flights_scope, 1};
    o.more = more;
    o.more_count = 3;
    assert_int_equal(query(&b, "SELECT dealy, x, huor(distance), $minuts FROM flights"),
                     ZPL_ERR_CHECK);
    static const char *const places[] = {"dealy", "x", "huor", "minuts"};
    assert_int_equal(b.diags.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(covered(&b, b.diags.items[i]->span), places[i]);
    helped(b.diags.items[0], "did you mean 'delay'?");
    assert_null(b.diags.items[1]->help);
    helped(b.diags.items[3], "did you mean '$minutes'?");
    assert_int_equal(o.asked, 5);
    assert_non_null(
        strstr(o.request, "| SELECT \"delay\", NULL, coalesce(distance), (NULL) FROM flights"));
    assert_true(made(&b)->poison);
    assert_string_equal(made(&b)->body, "SELECT dealy, x, huor(distance), $minuts FROM flights");
    bench_end(&b);
}

/* What may be an error only because of the repeat is not told. */
static void repeats_invent_nothing(void **state)
{
    (void)state;
    static const struct zpl_bind_error follow_ups[] = {
        {ZPL_BIND_TYPE, "can't add", NULL, NULL, 0, 6, NULL, 0},
        {ZPL_BIND_NAME, "unknown column 'NULL'", "NULL", NULL, 15, 4, &flights_scope, 1},
        {ZPL_BIND_NAME, "unknown column 'z'", "z", NULL, 7, 1, &subquery_scope, 1},
        {ZPL_BIND_NAME, "ambiguous column 'z'", "z", NULL, 7, 1, NULL, 0}};
    for (size_t i = 0; i < sizeof follow_ups / sizeof *follow_ups; i++) {
        struct bench b;
        struct oracle o;
        start(&b, &o, "Table {x: Int}");
        o.error = (struct zpl_bind_error){
            ZPL_BIND_NAME, "unknown column 'q'", "q", NULL, 15, 1, &flights_scope, 1};
        o.more = &follow_ups[i];
        o.more_count = 1;
        assert_int_equal(query(&b, "SELECT z FROM (q FROM flights)"), ZPL_ERR_CHECK);
        told(&b, ZPL_CODE_UNKNOWN_COLUMN, "q", "'q'");
        assert_int_equal(b.diags.count, 1);
        bench_end(&b);
    }
    /* Of a table that is not there no column can be told. */
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    o.error = (struct zpl_bind_error){
        ZPL_BIND_NAME, "unknown table 'lost'", "lost", NULL, 14, 4, NULL, 0};
    o.more = &follow_ups[2];
    o.more_count = 1;
    assert_int_equal(query(&b, "SELECT z FROM lost"), ZPL_ERR_CHECK);
    assert_int_equal(b.diags.count, 1);
    bench_end(&b);
    /* And no endless asking. */
    struct zpl_bind_error many[20];
    char text[200];
    size_t n = (size_t)snprintf(text, sizeof text, "SELECT ");
    for (int i = 0; i < 20; i++) {
        many[i] = (struct zpl_bind_error){ZPL_BIND_NAME,   "unknown column 'delai'",
                                          "delai",         NULL,
                                          7 + 9 * (i + 1), 5,
                                          &flights_scope,  1};
        n += (size_t)snprintf(text + n, sizeof text - n, "delai, ");
    }
    start(&b, &o, "Table {x: Int}");
    o.error = many[0];
    o.error.offset = 7;
    o.more = many;
    o.more_count = 19;
    assert_int_equal(query(&b, text), ZPL_ERR_CHECK);
    assert_int_equal(b.diags.count, 8);
    bench_end(&b);
}

static void results_need_names_that_differ(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int, y: Int}");
    o.reads[0] = "delay";
    o.rename_second = "X";
    assert_int_equal(query(&b, "SELECT delay AS x, delay AS X FROM flights"), ZPL_ERR_CHECK);
    helped(told(&b, ZPL_CODE_DUPLICATE_COLUMN, "sql", "two columns 'x' and 'X'"), "with AS");
    assert_output(&b, 0, "Unknown");
    bench_end(&b);
}

static void nothing_is_said_of_the_unknown(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    define(&b, "lost", "Unknown");
    o.error = (struct zpl_bind_error){
        ZPL_BIND_NAME, "unknown table 'lost'", "lost", NULL, 14, 4, NULL, 0};
    assert_int_equal(query(&b, "SELECT x FROM lost"), ZPL_OK);
    assert_output(&b, 0, "Unknown");
    assert_false(made(&b)->poison);
    const char *identity = made(&b)->identity; /* it says something, if not what it means */
    assert_int_equal(query(&b, "SELECT y FROM lost"), ZPL_OK);
    assert_string_not_equal(made(&b)->identity, identity);
    o.error.name = "$lost";
    o.error.offset = 7;
    assert_int_equal(query(&b, "SELECT $lost AS x"), ZPL_OK);
    assert_output(&b, 0, "Unknown");
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
    start(&b, &o, "Table {a: Int}");
    define(&b, "half", "Table {a: Int, ...}");
    o.reads[2] = "a";
    assert_int_equal(query(&b, "SELECT a FROM half"), ZPL_OK);
    assert_string_equal(o.request, "flights(date delay distance) planes(tail seats) half(a) | "
                                   "SELECT a FROM half");
    assert_output(&b, 0, "Table {a: Int}");
    assert_string_equal(reads_of(&b, "half"), "a");
    o.reads[2] = "*"; /* what else it has goes on, too */
    assert_int_equal(query(&b, "SELECT * FROM half"), ZPL_OK);
    assert_output(&b, 0, "Table {a: Int, ...}");
    assert_string_equal(reads_of(&b, "half"), "*");
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
    start(&b, &o, "Table {x: Int}");
    b.engine.bind = NULL;
    assert_int_equal(query(&b, "SELECT x FROM flights"), ZPL_OK);
    assert_output(&b, 0, "Unknown");
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
}

static void what_is_not_used_does_not_matter(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {half: Int}");
    define(&b, "lost", "Unknown");
    define(&b, "half", "Table {a: Int, ...}");
    o.reads[1] = "seats";
    assert_int_equal(query(&b, "SELECT seats AS half FROM planes AS lost"), ZPL_OK);
    assert_output(&b, 0, "Table {half: Int}");
    assert_int_equal(made(&b)->argument_count, 1);
    assert_string_equal(made(&b)->arguments[0].name, "planes");
    bench_end(&b);
}

static void lists_and_models_are_neither(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    define(&b, "places", "List(String)");
    define(&b, "model", "Model {xgboost}");
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "no scalar", "places", NULL, 8, 6, NULL, 0};
    assert_int_equal(query(&b, "SELECT $places AS x"), ZPL_ERR_CHECK);
    helped(told(&b, ZPL_CODE_WRONG_KIND, "places", "'places' is a List; $ takes scalars"), "IN (");
    bench_end(&b);
    start(&b, &o, "Table {x: Int}");
    define(&b, "model", "Model {xgboost}");
    o.error = (struct zpl_bind_error){
        ZPL_BIND_NAME, "unknown table 'model'", "model", NULL, 14, 5, NULL, 0};
    assert_int_equal(query(&b, "SELECT 1 FROM model"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_WRONG_KIND, "model", "'model' is a Model, not a Table");
    bench_end(&b);
}

static void an_engine_that_can_not_be_asked_is_no_mistake_of_the_program(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    o.err = ZPL_ERR_UNREACHABLE;
    assert_int_equal(query(&b, "SELECT 1"), ZPL_ERR_UNREACHABLE);
    told(&b, ZPL_CODE_WORKER, "", "the engine is gone");
    bench_end(&b);
}

static void warnings_stay_warnings(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    o.reads[0] = "delay";
    o.warning = (struct zpl_bind_warning){"LIMIT without ORDER BY", 32, 5};
    assert_int_equal(query(&b, "SELECT delay AS x FROM flights LIMIT 5"), ZPL_OK);
    assert_int_equal(b.diags.count, 1);
    assert_int_equal(b.diags.items[0]->severity, ZPL_WARNING);
    assert_string_equal(b.diags.items[0]->message, "LIMIT without ORDER BY");
    assert_int_equal(b.diags.items[0]->span.begin, 4 + 32);
    assert_int_equal(b.diags.items[0]->span.end, 4 + 37);
    assert_false(made(&b)->poison);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_keeps_what_it_uses),
        cmocka_unit_test(a_table_may_be_used_without_its_columns),
        cmocka_unit_test(hindsight_passes_through),
        cmocka_unit_test(errors_are_told_where_they_stand),
        cmocka_unit_test(results_need_names_that_differ),
        cmocka_unit_test(nothing_is_said_of_the_unknown),
        cmocka_unit_test(an_engine_that_can_not_be_asked_is_no_mistake_of_the_program),
        cmocka_unit_test(all_wrong_names_are_told),
        cmocka_unit_test(repeats_invent_nothing),
        cmocka_unit_test(what_is_not_used_does_not_matter),
        cmocka_unit_test(lists_and_models_are_neither),
        cmocka_unit_test(warnings_stay_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
