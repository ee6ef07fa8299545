/* test_unique.c - random queries on real rows: what is said to tell the rows of a result apart does.
 * Time limit: 300 s */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/lineage_fixture.h"

/* The tables as the engine is told of them: with the columns that are unique, and pairs of columns that happen
 * to tell the rows apart. */
static struct zpl_bind_table tables[TABLES];
static struct zpl_arena kept;

static enum zpl_err keep_number(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(int64_t *)self = cells[0].i;
    return ZPL_OK;
}

/* A number that the engine gives; -1: the query fails. */
static int64_t number_of(const struct zpl_buf *sql)
{
    int64_t number = -1;
    if (zpl_duck_each(&duck, zpl_buf_str(sql), keep_number, &number, &diags) != ZPL_OK) {
        const char *why = diags.items[diags.count - 1]->message;
        if (getenv("ZPL_QUERIES") != NULL)
            printf("# %s: %s\n", why, zpl_buf_str(sql));
        if (strstr(why, "INTERNAL") != NULL || strstr(why, "invalidated") != NULL) {
            unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
            set_up(NULL); /* a fault of the engine's own ends its session */
            show(version);
        }
        number = -1;
    }
    zpl_diags_clear(&diags);
    return number;
}

/* How many rows are like one before in these columns; a null is like a null.  -1: the query fails. */
static int64_t repeats(const char *query, const struct zpl_row *row, const struct zpl_row_key *key)
{
    struct zpl_buf sql = {0}, names = {0};
    for (size_t i = 0; i < key->count; i++) {
        zpl_buf_puts(&names, i > 0 ? ", " : "");
        zpl_duck_ident(&names, row->columns[key->columns[i]].name);
    }
    zpl_buf_printf(&sql, "SELECT count(*) - count(DISTINCT hash(0%s%s)) FROM (%s)",
                   key->count > 0 ? ", " : "", zpl_buf_str(&names), query);
    int64_t number = number_of(&sql);
    if (number > 0 &&
        key->count > 0) { /* does the engine, which hashes what lies behind some NULLs, agree? */
        zpl_buf_clear(&sql);
        zpl_buf_printf(&sql,
                       "WITH r AS MATERIALIZED (%s) SELECT (SELECT count(*) FROM r) - (SELECT "
                       "count(*) FROM (SELECT DISTINCT %s FROM r))",
                       query, zpl_buf_str(&names));
        number = number_of(&sql);
    }
    zpl_buf_release(&sql);
    zpl_buf_release(&names);
    return number;
}

/* The pairs of columns that are different in all rows of a table. */
static void find_pairs(struct zpl_bind_table *table)
{
    struct zpl_row_key *keys =
        zpl_arena_array(&kept, table->row->count * table->row->count, sizeof *keys);
    const char *all = zpl_arena_printf(&kept, "SELECT * FROM %s", table->name);
    table->keys = keys;
    for (uint32_t a = 0; a < table->row->count; a++)
        for (uint32_t b = a + 1; b < table->row->count; b++) {
            uint32_t *pair = zpl_arena_array(&kept, 2, sizeof *pair);
            pair[0] = a;
            pair[1] = b;
            const struct zpl_row_key key = {pair, 2};
            if (repeats(all, table->row, &key) == 0 && table->key_count < 4)
                keys[table->key_count++] = key;
        }
}

static const struct zpl_row *unique_row(const struct query_source *table)
{
    const struct zpl_row *row = row_of(table);
    struct zpl_row *out = zpl_arena_alloc(&kept, sizeof *out);
    struct zpl_column *columns = zpl_arena_array(&kept, row->count, sizeof *columns);
    const struct zpl_refine unique = {.unique = true};
    for (size_t i = 0; i < row->count; i++) {
        columns[i].name = zpl_arena_strdup(&kept, row->columns[i].name);
        columns[i].type = zpl_type_new(&kept, row->columns[i].type->kind);
        if (table->columns[i].key)
            columns[i].type = zpl_type_refined(&kept, columns[i].type, &unique);
    }
    *out = (struct zpl_row){.columns = columns, .count = row->count};
    return out;
}

static int set_up_keys(void **state)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    set_up(state);
    show(version);
    for (size_t t = 0; t < TABLES; t++) {
        tables[t] = (struct zpl_bind_table){.name = query_tables[t].alias,
                                            .row = unique_row(&query_tables[t])};
        find_pairs(&tables[t]);
    }
    return 0;
}

static bool ask_keys(const char *sql, struct zpl_bind_answer *answer)
{
    const struct zpl_bind_request request = {.sql = sql, .tables = tables, .table_count = TABLES};
    if (zpl_duck_bind(&request, answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s: %s", sql, diags.items[diags.count - 1]->message);
    return answer->error.message == NULL;
}

struct claims {
    size_t queries, keys, told, failed;
};

static void hold(const char *sql, struct claims *claims)
{
    struct zpl_bind_answer answer = {0};
    if (!ask_keys(sql, &answer)) {
        claims->failed++;
        if (getenv("ZPL_QUERIES") != NULL)
            printf("# %s: %s\n", answer.error.message, sql);
        return;
    }
    claims->queries++;
    claims->told += answer.key_count > 0;
    for (size_t k = 0; k < answer.key_count; k++) {
        int64_t again = repeats(sql, answer.row, &answer.keys[k]);
        claims->keys += again >= 0;
        if (again > 0) {
            struct zpl_buf names = {0};
            for (size_t i = 0; i < answer.keys[k].count; i++)
                zpl_buf_printf(&names, " %s", answer.row->columns[answer.keys[k].columns[i]].name);
            violate("%lld rows repeat the key%s: %s", (long long)again, zpl_buf_str(&names), sql);
            zpl_buf_release(&names);
        }
    }
}

static void test_any_query(void **state)
{
    (void)state;
    struct queries g = {.random = {seed(815)}};
    struct claims claims = {0};
    size_t wanted = queries(250);
    for (size_t i = 0; i < wanted; i++) {
        struct zpl_buf sql = {0};
        struct query_source made;
        query_make(&g, &sql, &made);
        hold(zpl_buf_str(&sql), &claims);
        zpl_buf_release(&sql);
        zpl_arena_clear(&arena);
    }
    print_message("# %zu queries, %zu of them with keys, %zu keys held; %zu did not bind\n",
                  claims.queries, claims.told, claims.keys, claims.failed);
    assert_int_equal(violations, 0);
}

/* ---- queries that pass keys on, join by them, and make new ones ---- */

static void write_keyed(struct queries *g, struct zpl_buf *out, unsigned depth,
                        struct query_source *made);

/* A source by a name of its own: a table or a query. */
static void write_source(struct queries *g, struct zpl_buf *out, unsigned depth,
                         struct query_source *made)
{
    if (depth == 0 || query_chance(g, 3)) {
        *made = query_tables[random_below(&g->random, QUERY_TABLES)];
        zpl_buf_puts(out, made->alias);
    } else {
        zpl_buf_putc(out, '(');
        write_keyed(g, out, depth - 1, made);
        zpl_buf_putc(out, ')');
    }
    snprintf(made->alias, sizeof made->alias, "t%u", ++g->names);
    zpl_buf_printf(out, " AS %s", made->alias);
    if (query_chance(g, 12)) { /* other names for its first columns */
        zpl_buf_puts(out, "(n0)");
        snprintf(made->columns[0].name, sizeof made->columns[0].name, "n0");
    }
}

/* An equality of columns of the two, or another condition. */
static void write_equal(struct queries *g, struct zpl_buf *out, const struct query_source *a,
                        const struct query_source *b)
{
    for (unsigned i = 0; i < 30; i++) {
        const struct query_column *x = &a->columns[random_below(&g->random, a->count)];
        const struct query_column *y = &b->columns[random_below(&g->random, b->count)];
        bool numbers = (x->type == 'i' || x->type == 'f') && (y->type == 'i' || y->type == 'f');
        if (x->type != y->type && !(numbers && query_chance(g, 3)))
            continue;
        const char *op = query_chance(g, 12) ? "<" : "=";
        zpl_buf_printf(out, "%s.%s %s %s.%s", a->alias, x->name, op, b->alias, y->name);
        return;
    }
    zpl_buf_puts(out, "true");
}

static bool has_common(const struct query_source *a, const struct query_source *b,
                       const char **name)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (strcmp(a->columns[i].name, b->columns[k].name) == 0 &&
                a->columns[i].type == b->columns[k].type) {
                *name = a->columns[i].name;
                return true;
            }
    return false;
}

/* FROM with up to two joins, all of which stands in the scope, and its WHERE. */
static void write_from(struct queries *g, struct zpl_buf *out, unsigned depth)
{
    static const char *const joins[] = {"JOIN",       "JOIN",      "LEFT JOIN", "LEFT JOIN",
                                        "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"};
    struct zpl_buf where = {0};
    struct query_source first;
    zpl_buf_puts(out, " FROM ");
    write_source(g, out, depth, &first);
    g->scope[0] = first;
    g->scope_count = 1;
    for (size_t n = random_below(&g->random, 3); n > 0; n--) {
        struct query_source right, left = g->scope[random_below(&g->random, g->scope_count)];
        struct query_source scope[QUERY_SOURCES];
        struct zpl_buf text = {0};
        size_t count = g->scope_count, kind = random_below(&g->random, 8);
        const char *name;
        memcpy(scope, g->scope, sizeof scope);
        write_source(g, &text, depth > 0 ? depth - 1 : 0, &right);
        memcpy(g->scope, scope, sizeof scope);
        g->scope_count = count;
        if (query_chance(g, 5)) {
            zpl_buf_printf(out, ", %s", zpl_buf_str(&text));
            zpl_buf_puts(&where, where.len > 0 ? " AND " : " WHERE ");
            write_equal(g, &where, &left, &right);
            kind = 0;
        } else if (query_chance(g, 9)) { /* another one for each row of the left side */
            struct query_source of = query_tables[1];
            snprintf(of.alias, sizeof of.alias, "o%u", ++g->names);
            snprintf(right.alias, sizeof right.alias, "t%u", ++g->names);
            zpl_buf_printf(out, " %s LATERAL (SELECT DISTINCT %s.* FROM c AS %s WHERE ",
                           kind < 2 ? "JOIN" : "LEFT JOIN", of.alias, of.alias);
            write_equal(g, out, &left, &of);
            snprintf(of.alias, sizeof of.alias, "%s", right.alias);
            right = of;
            zpl_buf_printf(out, ") AS %s ON ", right.alias);
            write_equal(g, out, &left, &right);
            kind = kind < 2 ? 0 : 2;
        } else if (count == 1 && kind != 5 && query_chance(g, 3) &&
                   has_common(&left, &right, &name)) {
            zpl_buf_printf(out, " %s %s USING (%s)", joins[kind], zpl_buf_str(&text), name);
        } else if (query_chance(g, 10) && left.columns[0].type == right.columns[0].type) {
            zpl_buf_printf(out, " ASOF %s %s ON %s.%s >= %s.%s",
                           query_chance(g, 2) ? "JOIN" : "LEFT JOIN", zpl_buf_str(&text),
                           left.alias, left.columns[0].name, right.alias, right.columns[0].name);
            kind = 0;
        } else {
            zpl_buf_printf(out, " %s %s ON ", joins[kind], zpl_buf_str(&text));
            write_equal(g, out, &left, &right);
            for (size_t more = random_below(&g->random, 3); more > 0; more--) {
                zpl_buf_puts(out, " AND ");
                write_equal(g, out, query_chance(g, 3) ? &right : &left, &right);
            }
        }
        zpl_buf_release(&text);
        if (kind < 6)
            g->scope[g->scope_count++] = right;
    }
    if (query_chance(g, 5)) {
        zpl_buf_puts(&where, where.len > 0 ? " AND " : " WHERE ");
        write_equal(g, &where, &g->scope[0], &g->scope[g->scope_count - 1]);
    }
    zpl_buf_puts(out, zpl_buf_str(&where));
    zpl_buf_release(&where);
}

/* Some columns of the scope, a few of them under another name or changed; `names` lists what they are. */
static void write_columns(struct queries *g, struct zpl_buf *out, struct zpl_buf *names,
                          struct query_source *made)
{
    *made = (struct query_source){0};
    for (size_t n = 1 + random_below(&g->random, 5); n > 0; n--) {
        const struct query_source *from = &g->scope[random_below(&g->random, g->scope_count)];
        struct query_column column = from->columns[random_below(&g->random, from->count)];
        bool twin = false;
        for (size_t i = 0; i < made->count; i++)
            twin = twin || strcmp(made->columns[i].name, column.name) == 0;
        zpl_buf_printf(out, "%s", made->count > 0 ? ", " : "");
        if (names != NULL)
            zpl_buf_printf(names, "%s%s.%s", names->len > 0 ? ", " : "", from->alias, column.name);
        bool changed = names == NULL && query_chance(g, 10);
        zpl_buf_printf(out, changed ? "coalesce(%s.%s, NULL)" : "%s.%s", from->alias, column.name);
        if (twin || query_chance(g, 6))
            snprintf(column.name, sizeof column.name, "v%u", ++g->names);
        zpl_buf_printf(out, " AS %s", column.name);
        made->columns[made->count++] = column;
    }
}

static void write_keyed(struct queries *g, struct zpl_buf *out, unsigned depth,
                        struct query_source *made)
{
    static const char *const sets[] = {"UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL"};
    struct query_source scope[QUERY_SOURCES];
    size_t count = g->scope_count, form = random_below(&g->random, 8);
    struct zpl_buf from = {0}, list = {0}, names = {0};
    memcpy(scope, g->scope, sizeof scope);
    write_from(g, &from, depth);
    if (form == 0 && g->scope_count == 1) {
        zpl_buf_printf(out, "SELECT *%s", zpl_buf_str(&from));
        *made = g->scope[0];
    } else {
        bool named = form == 1 || form == 2 || form == 3;
        write_columns(g, &list, named ? &names : NULL, made);
        const char *head = form == 4 ? "DISTINCT " : "";
        zpl_buf_printf(out, "SELECT %s", head);
        if (form == 3)
            zpl_buf_printf(out, "DISTINCT ON (%s) ", zpl_buf_str(&names));
        zpl_buf_printf(out, "%s%s", zpl_buf_str(&list), form == 1 ? ", count(*) AS n" : "");
        zpl_buf_puts(out, zpl_buf_str(&from));
        if (form == 1)
            zpl_buf_printf(out, query_chance(g, 2) ? " GROUP BY ALL" : " GROUP BY %s",
                           zpl_buf_str(&names));
        if (form == 1)
            made->columns[made->count++] = (struct query_column){"n", 'i', false};
        if (form == 2)
            zpl_buf_printf(out, " QUALIFY row_number() OVER (PARTITION BY %s) = 1",
                           zpl_buf_str(&names));
        if (form == 5) {
            zpl_buf_printf(out, " %s SELECT ", sets[random_below(&g->random, 5)]);
            zpl_buf_printf(out, "%s%s", zpl_buf_str(&list), zpl_buf_str(&from));
        }
    }
    for (size_t i = 0; i < made->count; i++)
        made->columns[i].key = false;
    zpl_buf_release(&from);
    zpl_buf_release(&list);
    zpl_buf_release(&names);
    memcpy(g->scope, scope, sizeof scope);
    g->scope_count = count;
}

static void test_queries_with_keys(void **state)
{
    (void)state;
    struct queries g = {.random = {seed(2718)}};
    struct claims claims = {0};
    size_t wanted = queries(700);
    for (size_t i = 0; i < wanted; i++) {
        struct zpl_buf sql = {0};
        struct query_source made;
        g.names = 0;
        g.scope_count = 0;
        write_keyed(&g, &sql, 2, &made);
        hold(zpl_buf_str(&sql), &claims);
        zpl_buf_release(&sql);
        zpl_arena_clear(&arena);
    }
    print_message("# %zu queries, %zu of them with keys, %zu keys held; %zu did not bind\n",
                  claims.queries, claims.told, claims.keys, claims.failed);
    assert_int_equal(violations, 0);
    assert_true(claims.failed < wanted / 5);
    assert_true(claims.keys > wanted / 4);
}

static int tear_down_keys(void **state)
{
    zpl_arena_release(&kept);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_query),
        cmocka_unit_test(test_queries_with_keys),
    };
    return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
