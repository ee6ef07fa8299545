/* test_sql.c - queries on what is in scope and as bodies of steps, with an engine made of a
 * table of answers: what the engine is asked, what becomes of its answers and of its errors. */
#include "tests/unit/checking.h"

#define IDENTITY "ababababababababababababababababababababababababababababababab01"

static const struct zpl_step_info sql = {
    .name = "sql", .signature = "", .kernel = "sql", .identity = "00", .engines = "duckdb 1.4.4"};

/* Answers the next query, and notes what it was asked. */
struct oracle {
    struct bench *b;
    const char *result;        /* type of the rows */
    const char *rename_second; /* what its second column is really called, or NULL */
    const char *reads[4];      /* by table: "*", "a b", "" (used, no column), NULL: not used */
    const char *params[4];     /* used */
    struct zpl_bind_warning warning; /* .message NULL: none */
    struct zpl_bind_error error;
    enum zpl_err err;
    const struct zpl_bind_error *more; /* for what is asked after that error, NULL: the same */
    size_t more_count;
    size_t asked;
    char first[512];   /* the first request */
    char request[512]; /* "flights(delay distance) | $minutes:Int | SELECT …" */
};

static void note_request(struct oracle *o, const struct zpl_bind_request *request)
{
    size_t n = 0, room = sizeof o->request;
    for (size_t i = 0; i < request->table_count; i++) {
        const struct zpl_row *row = request->tables[i].row;
        n += (size_t)snprintf(o->request + n, room - n, "%s(", request->tables[i].name);
        for (size_t k = 0; k < row->count; k++)
            n += (size_t)snprintf(o->request + n, room - n, "%s%s", k ? " " : "",
                                  row->columns[k].name);
        n += (size_t)snprintf(o->request + n, room - n, ") ");
    }
    for (size_t i = 0; i < request->param_count; i++)
        n += (size_t)snprintf(o->request + n, room - n, "$%s:%s ", request->params[i].name,
                              zpl_kind_name(request->params[i].kind));
    snprintf(o->request + n, room - n, "| %s", request->sql);
}

static const char *const *split_words(struct zpl_arena *arena, const char *text, size_t *count)
{
    const char **words = zpl_arena_array(arena, 16, sizeof *words);
    for (*count = 0; *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, " ");
        words[(*count)++] = zpl_arena_strndup(arena, text, n);
        text += n;
    }
    return words;
}

static enum zpl_err answer(void *self, const struct zpl_bind_request *request,
                           struct zpl_bind_answer *out, struct zpl_arena *arena,
                           struct zpl_diags *diags)
{
    struct oracle *o = self;
    o->asked++;
    note_request(o, request);
    if (o->err) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0}, "the engine is gone");
        return o->err;
    }
    if (o->asked == 1)
        memcpy(o->first, o->request, sizeof o->first);
    out->error = o->error;
    if (o->asked > 1 && o->more)
        out->error = o->asked - 2 < o->more_count ? o->more[o->asked - 2]
                                                  : (struct zpl_bind_error){.offset = -1};
    if (out->error.message)
        return ZPL_OK;
    struct zpl_bind_reads *reads = zpl_arena_array(arena, request->table_count, sizeof *reads);
    for (size_t i = 0; i < request->table_count; i++) {
        reads[i].used = o->reads[i] != NULL;
        reads[i].all = o->reads[i] && strcmp(o->reads[i], "*") == 0;
        if (o->reads[i] && !reads[i].all)
            reads[i].columns = split_words(arena, o->reads[i], &reads[i].count);
    }
    out->reads = reads;
    out->row = type_of(o->b, o->result)->row;
    if (o->rename_second)
        ((struct zpl_column *)out->row->columns)[1].name = o->rename_second;
    out->identity = IDENTITY;
    out->params_used = o->params;
    out->warnings = &o->warning;
    out->warning_count = o->warning.message != NULL;
    return ZPL_OK;
}

/* The query's text stands in the program right behind "sql ". */
static struct zpl_span place(void *self, size_t offset, size_t length)
{
    struct bench *b = self;
    uint32_t begin = 4 + (uint32_t)offset;
    return (struct zpl_span){b->source, begin, begin + (uint32_t)length};
}

static void start(struct bench *b, struct oracle *o, const char *result)
{
    bench_start(b);
    *o = (struct oracle){.b = b, .result = result};
    b->engine.self = o;
    b->engine.bind = answer;
    define(b, "flights", "Table {date: Timestamp, delay: Int hindsight, distance: Float}");
    define(b, "planes", "Table {tail: String, seats: Int}");
}

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
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown column 'dealy'", "dealy", NULL,
                                      7, 5, &flights_scope, 1};
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
    assert_non_null(strstr(
        o.request, "| SELECT \"delay\", NULL, coalesce(distance), (NULL) FROM flights"));
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
        o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown column 'q'", "q", NULL,
                                          15, 1, &flights_scope, 1};
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
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown table 'lost'", "lost", NULL,
                                      14, 4, NULL, 0};
    o.more = &follow_ups[2];
    o.more_count = 1;
    assert_int_equal(query(&b, "SELECT z FROM lost"), ZPL_ERR_CHECK);
    assert_int_equal(b.diags.count, 1);
    bench_end(&b);
    /* And no endless asking. */
    struct zpl_bind_error many[20];
    char text[200] = "SELECT ";
    for (int i = 0; i < 20; i++) {
        many[i] = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown column 'delai'", "delai", NULL,
                                          7 + 9 * (i + 1), 5, &flights_scope, 1};
        strcat(text, "delai, ");
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
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown table 'lost'", "lost", NULL,
                                      14, 4, NULL, 0};
    assert_int_equal(query(&b, "SELECT x FROM lost"), ZPL_OK);
    assert_output(&b, 0, "Unknown");
    assert_false(made(&b)->poison);
    o.error.name = "$lost";
    o.error.offset = 7;
    assert_int_equal(query(&b, "SELECT $lost AS x"), ZPL_OK);
    assert_output(&b, 0, "Unknown");
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
    start(&b, &o, "Table {x: Int}");
    define(&b, "half", "Table {a: Int, ...}");
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown table 'half'", "half", NULL,
                                      14, 4, NULL, 0};
    assert_int_equal(query(&b, "SELECT x FROM half"), ZPL_OK);
    assert_string_equal(o.first,
                        "flights(date delay distance) planes(tail seats) | SELECT x FROM half");
    assert_output(&b, 0, "Unknown");
    assert_int_equal(made(&b)->argument_count, 3);
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
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "no scalar", "places", NULL,
                                      8, 6, NULL, 0};
    assert_int_equal(query(&b, "SELECT $places AS x"), ZPL_ERR_CHECK);
    helped(told(&b, ZPL_CODE_WRONG_KIND, "places", "'places' is a List; $ takes scalars"), "IN (");
    bench_end(&b);
    start(&b, &o, "Table {x: Int}");
    define(&b, "model", "Model {xgboost}");
    o.error = (struct zpl_bind_error){ZPL_BIND_NAME, "unknown table 'model'", "model", NULL,
                                      14, 5, NULL, 0};
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

/* ---- named steps ----------------------------------------------------------------------------- */

static enum zpl_err named(struct bench *b, const struct zpl_step_info *step, const char *body,
                          const char *text)
{
    read_call(b, step, text);
    b->call.body = body;
    return zpl_check_call(&b->checker, &b->call, &b->node);
}

static void a_named_query_sees_its_declared_inputs(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {
        .name = "late",
        .signature = "(rows: Table {delay: Int, date: Timestamp}, extra: Table {seats: Int, ...}, "
                     "minutes: Int 0.. = 15, unused: Bool = true) -> "
                     "(rows: Table {late: Bool required})",
        .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {late: Bool}");
    o.reads[0] = "*";
    o.reads[1] = "tail";
    o.params[0] = "minutes";
    assert_int_equal(named(&b, &late, "SELECT …", "late { flights, planes }"), ZPL_OK);
    assert_string_equal(o.request, "rows(delay date) extra(tail seats) $minutes:Int $unused:Bool "
                                   "| SELECT …");
    assert_string_equal(reads_of(&b, "rows"), "delay, date");
    assert_string_equal(reads_of(&b, "extra"), "tail");
    assert_non_null(zpl_node_argument(made(&b), "$minutes"));
    assert_null(zpl_node_argument(made(&b), "$unused"));
    assert_string_equal(made(&b)->identity, IDENTITY);
    assert_output(&b, 0, "Table {late: Bool required}");
    bench_end(&b);
    start(&b, &o, "Table {late: Bool, more: Int}");
    assert_int_equal(named(&b, &late, "SELECT …", "late { flights, planes }"), ZPL_ERR_CHECK);
    helped(told(&b, ZPL_CODE_SQL_BIND, "late", "column 'more' is not declared by output 'rows'"),
           "declare it");
    bench_end(&b);
}

/* Checks a body where it is declared; true when a mistake was told. */
static bool declared(struct bench *b, const char *signature, const char *body)
{
    struct zpl_step_info *step = zpl_arena_alloc(&b->graph.arena, sizeof *step);
    bool wrong = false;
    *step = (struct zpl_step_info){.name = "mine", .signature = signature, .kernel = "sql"};
    b->call = (struct zpl_call){.step = step, .body = body};
    assert_int_equal(zpl_check_declared(&b->checker, &b->call, &wrong), ZPL_OK);
    assert_int_equal(b->graph.count, 2); /* flights and planes: a declaration makes no node */
    return wrong;
}

static void a_body_is_checked_where_it_is_declared(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {late: Bool}");
    assert_false(declared(&b, "(rows: Table {a: Int}, n?: Int = 3, of: List(String)) -> "
                              "(out: Table {late: Bool})", "SELECT"));
    assert_string_equal(o.request, "rows(a) $n:Int | SELECT");
    assert_int_equal(o.asked, 1);
    assert_true(declared(&b, "(rows: Table {a: Int}) -> (out: Table {late: Int})", "SELECT"));
    told(&b, ZPL_CODE_SQL_BIND, "", "column 'late' is Bool, wanted Int");
    o.asked = 0;
    static const char *const open[] = {
        "(rows: Table {a: Int, ...}) -> (out: Table {late: Bool})",
        "(rows: Table {...r}) -> (out: Table {...r})",
        "(rows: Table {a: y}) -> (out: Table {late: Bool, a: y})",
        "(rows: Table {l: Int}, label: column l) -> (out: Table {late: Bool})",
        "(rows: Table {a: Number}) -> (out: Table {late: Bool})"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_false(declared(&b, open[i], "SELECT"));
    assert_int_equal(o.asked, 0);
    bench_end(&b);
}

static void a_named_query_is_held_to_its_output(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {
        .name = "late",
        .signature = "(rows: Table {...r}) -> (rows: Table {...r, late: Bool})",
        .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {tail: String, seats: Int, late: Int}");
    o.reads[0] = "*";
    static const char program[] = "sql SELECT *";
    assert_int_equal(named(&b, &late, program + 4, "late { planes }"), ZPL_ERR_CHECK);
    const struct zpl_diag *d = told(&b, ZPL_CODE_SQL_BIND, "late",
                                    "is not the declared 'rows': column 'late' is Int, wanted "
                                    "Bool");
    noted(&b, d, "", "'result' has tail, seats, late");
    bench_end(&b);
    start(&b, &o, "Table {seats: Int, late: Bool}");
    o.reads[0] = "*";
    assert_int_equal(named(&b, &late, "SELECT *", "late { planes }"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_SQL_BIND, "late", "it has no column 'tail'");
    bench_end(&b);
}

static void wrong_arguments_of_a_named_query_are_told_first(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {.name = "late",
                                              .signature = "(rows: Table {gone: Int}) -> "
                                                           "(rows: Table {...})",
                                              .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    assert_int_equal(named(&b, &late, "SELECT 1", "late { flights }"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_UNKNOWN_COLUMN, "flights", "late needs column 'gone'");
    assert_int_equal(o.asked, 0);
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
        cmocka_unit_test(a_named_query_sees_its_declared_inputs),
        cmocka_unit_test(a_body_is_checked_where_it_is_declared),
        cmocka_unit_test(a_named_query_is_held_to_its_output),
        cmocka_unit_test(wrong_arguments_of_a_named_query_are_told_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
