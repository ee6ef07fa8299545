/* contract.c - see contract.h.   Floor: stdlib. */
#include "stdlib/table/contract.h"

#include <string.h>
#include "lang/base/regex.h"
#include "lang/base/text.h"
#include "stdlib/table/contract_rule.h"
#include "stdlib/table/tensor.h"

#define SHOWN_CHARACTERS 60 /* of one value */

static const struct zpl_span nowhere;

struct checking {
    struct zpl_duck *duck;
    const struct zpl_contract *contract;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    struct zpl_rules rules;
    int64_t rows;
};

static void add_file(const struct checking *c, struct zpl_buf *sql)
{
    zpl_buf_puts(sql, "read_parquet(");
    zpl_duck_text(sql, c->contract->path, strlen(c->contract->path));
    zpl_buf_putc(sql, ')');
}

/* Asks; a query that fails is told with whose rows they are. */
static enum zpl_err ask(struct checking *c, struct zpl_buf *sql, zpl_duck_row_fn *row, void *self)
{
    struct zpl_diags said = {0};
    enum zpl_err err = zpl_buf_error(sql) != ZPL_OK
                           ? zpl_diag_nomem(c->diags)
                           : zpl_duck_each(c->duck, zpl_buf_str(sql), row, self, &said);
    if (err == ZPL_ERR_STEP && said.count > 0)
        zpl_diag_add(c->diags, ZPL_CODE_CONTRACT, nowhere, "%s: %s", c->contract->whose,
                     said.items[0]->message);
    else
        zpl_diags_append(c->diags, &said);
    zpl_diags_release(&said);
    zpl_buf_release(sql);
    return err;
}

/* The numbers of one pass, in order: all rows, then those that break each rule. */
struct counting {
    struct checking *c;
    struct zpl_rule *next;
    bool first;
};

static enum zpl_err keep_count(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct counting *counting = self;
    if (counting->first)
        counting->c->rows = cells[0].i;
    else
        (counting->next++)->count = cells[0].i;
    counting->first = false;
    return ZPL_OK;
}

/* Counts for `count` rules in one pass. */
static enum zpl_err count_rows(struct checking *c, struct zpl_rule *rules, size_t count)
{
    struct zpl_buf sql = {0};
    struct counting counting = {.c = c, .next = rules, .first = true};
    zpl_buf_puts(&sql, "SELECT unnest([count(*)");
    for (size_t i = 0; i < count; i++) {
        if (rules[i].kind == ZPL_RULE_UNIQUE) {
            zpl_buf_puts(&sql, ", count(");
            zpl_duck_ident(&sql, rules[i].column->name);
            zpl_buf_puts(&sql, ") - count(DISTINCT ");
            zpl_duck_ident(&sql, rules[i].column->name);
            zpl_buf_putc(&sql, ')');
        } else {
            zpl_buf_printf(&sql, ", count(*) FILTER (WHERE %s)", rules[i].breaks);
        }
    }
    zpl_buf_puts(&sql, "]) FROM ");
    add_file(c, &sql);
    return ask(c, &sql, keep_count, &counting);
}

/* The value of a column as it is told; texts between quotes, long ones cut. */
static void add_shown(const struct zpl_rule *rule, const char *x, struct zpl_buf *sql)
{
    if (rule->type->kind == ZPL_TENSOR) {
        unsigned bytes = zpl_tensor_element(rule->type->dtype)->bytes;
        zpl_buf_printf(sql,
                       "concat(octet_length(%s) // %u, if(octet_length(%s) = %u, ' value', "
                       "' values')), 0::BIGINT",
                       x, bytes, x, bytes);
        return;
    }
    bool text = rule->depth == 0 && rule->type->kind != ZPL_INT && rule->type->kind != ZPL_FLOAT &&
                rule->type->kind != ZPL_BOOL && rule->type->kind != ZPL_DATE &&
                rule->type->kind != ZPL_TIMESTAMP && rule->type->kind != ZPL_LIST;
    zpl_buf_printf(sql, "left(CAST(%s AS VARCHAR), %d), %s", x, SHOWN_CHARACTERS + 1,
                   text ? "1::BIGINT" : "0::BIGINT");
}

/* The first rows that break a rule: number, value, is it text, and the row it repeats. */
static void find_rows(const struct checking *c, const struct zpl_rule *rule, struct zpl_buf *sql)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, rule->column->name);
    if (rule->kind == ZPL_RULE_UNIQUE) {
        zpl_buf_printf(sql,
                       "WITH zpl_all AS (SELECT row_number() OVER () AS zpl_row, %s AS zpl_x FROM ",
                       zpl_buf_str(&x));
        add_file(c, sql);
        zpl_buf_puts(sql, "), zpl_twice AS (SELECT zpl_x AS zpl_y, min(zpl_row) AS zpl_first FROM "
                          "zpl_all WHERE zpl_x IS NOT NULL GROUP BY zpl_x HAVING count(*) > 1) "
                          "SELECT zpl_row, ");
        add_shown(rule, "zpl_x", sql);
        zpl_buf_puts(sql, ", zpl_first FROM zpl_all JOIN zpl_twice ON zpl_x = zpl_y "
                          "WHERE zpl_row > zpl_first ORDER BY zpl_row");
    } else {
        zpl_buf_puts(sql, "SELECT zpl_row, ");
        add_shown(rule, "zpl_x", sql);
        zpl_buf_printf(sql,
                       ", NULL::BIGINT FROM (SELECT row_number() OVER () AS zpl_row, %s AS zpl_x, "
                       "%s AS zpl_broken FROM ",
                       zpl_buf_str(&x), rule->breaks);
        add_file(c, sql);
        zpl_buf_puts(sql, ") WHERE zpl_broken"); /* one thread: they come in stored order */
    }
    zpl_buf_printf(sql, " LIMIT %d", ZPL_CONTRACT_ROWS_MAX);
    zpl_buf_release(&x);
}

struct telling {
    const struct zpl_contract *contract;
    struct zpl_buf *out;
    bool required; /* rows alone: all values are null */
    int64_t count;
};

static void tell_value(const struct zpl_duck_cell *cells, struct zpl_buf *out)
{
    size_t n = 0;
    uint32_t point;
    bool text = cells[2].i != 0;
    if (!cells[1].valid) {
        zpl_buf_puts(out, "null");
        return;
    }
    for (int k = 0; k < SHOWN_CHARACTERS && n < cells[1].n; k++)
        n += zpl_utf8_next(cells[1].s + n, cells[1].n - n, &point);
    if (text)
        zpl_literal_quote(cells[1].s, n, out);
    else
        zpl_buf_add(out, cells[1].s, n);
    if (n < cells[1].n)
        zpl_buf_puts(out, "…");
}

/* "row 3", of several files "row 3 of data/b.csv". */
static void tell_number(const struct telling *t, int64_t row)
{
    const struct zpl_contract *contract = t->contract;
    int64_t number = row;
    const char *file =
        contract->locate != NULL ? contract->locate(contract->locate_self, row, &number) : NULL;
    zpl_buf_puts(t->out, "row ");
    zpl_text_show_count(t->out, (uint64_t)(file != NULL ? number : row));
    if (file != NULL)
        zpl_buf_printf(t->out, " of %s", file);
}

static enum zpl_err tell_row(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct telling *t = self;
    zpl_buf_puts(t->out, t->count++ == 0 ? ": " : ", ");
    tell_number(t, cells[0].i);
    if (t->required)
        return ZPL_OK;
    zpl_buf_puts(t->out, " has ");
    tell_value(cells, t->out);
    if (cells[3].valid) {
        zpl_buf_puts(t->out, " as ");
        tell_number(t, cells[3].i);
    }
    return ZPL_OK;
}

/* "3 of 1,000 rows are not" */
static void say_count(const struct checking *c, const struct zpl_rule *rule, struct zpl_buf *out)
{
    static const char *const verbs[][2] = {{"is not", "are not"},
                                           {"has none", "have none"},
                                           {"does not", "do not"},
                                           {"repeats a value", "repeat a value"},
                                           {"has one that is not", "have one that is not"},
                                           {"has one", "have one"},
                                           {"has one that does not", "have one that does not"}};
    size_t len;
    bool matches = rule->kind == ZPL_RULE_MATCH &&
                   zpl_regex_said(rule->type->refine->match, &len) == NULL; /* else it is to be */
    size_t verb = rule->kind == ZPL_RULE_REQUIRED ? 1
                  : matches                       ? 2
                  : rule->kind == ZPL_RULE_UNIQUE ? 3
                                                  : 0;
    if (rule->depth > 0)
        verb = rule->kind == ZPL_RULE_REQUIRED ? 5 : matches ? 6 : 4;
    zpl_text_show_count(out, (uint64_t)rule->count);
    zpl_buf_puts(out, " of ");
    zpl_text_show_count(out, (uint64_t)c->rows);
    zpl_buf_printf(out, " row%s %s", c->rows == 1 ? "" : "s", verbs[verb][rule->count != 1]);
}

/* Tells one broken rule, with its first rows. */
static enum zpl_err tell(struct checking *c, const struct zpl_rule *rule, bool first)
{
    struct zpl_buf words = {0}, sql = {0};
    struct telling t = {.contract = c->contract,
                        .out = &words,
                        .required = rule->kind == ZPL_RULE_REQUIRED && rule->depth == 0};
    zpl_buf_printf(&words, "%s: column '%s' ", c->contract->whose, rule->column->name);
    zpl_rule_say(rule, &words);
    zpl_buf_puts(&words, ": ");
    say_count(c, rule, &words);
    find_rows(c, rule, &sql);
    enum zpl_err err = ask(c, &sql, tell_row, &t);
    if (t.count < rule->count)
        zpl_buf_puts(&words, ", …");
    if (err == ZPL_OK && zpl_buf_error(&words) != ZPL_OK)
        err = zpl_diag_nomem(c->diags);
    if (err == ZPL_OK) {
        struct zpl_diag *diag =
            zpl_diag_add(c->diags, ZPL_CODE_CONTRACT, nowhere, "%s", zpl_buf_str(&words));
        if (first && c->contract->note != NULL)
            zpl_diag_note(c->diags, diag, nowhere, "%s", c->contract->note);
    }
    zpl_buf_release(&words);
    return err;
}

/* Leaves out the rules that the writer held; gives how many are left. */
static size_t drop_held(struct zpl_rules *rules)
{
    size_t kept = 0;
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].kind != ZPL_RULE_SHAPE || zpl_tensor_bytes(rules->items[i].type) == 0)
            rules->items[kept++] = rules->items[i];
    return rules->count = kept;
}

enum zpl_err zpl_contract_check(struct zpl_duck *duck, const struct zpl_contract *contract,
                                struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct checking c = {.duck = duck, .contract = contract, .arena = arena, .diags = diags};
    enum zpl_err err = ZPL_OK;
    bool broken = false;
    for (size_t i = 0; contract->row != NULL && i < contract->row->count; i++)
        if (!zpl_rules_add(&c.rules, &contract->row->columns[i], arena))
            return zpl_diag_nomem(diags);
    struct zpl_rule *rules = c.rules.items;
    size_t count = contract->written ? drop_held(&c.rules) : c.rules.count;
    const size_t most = ZPL_CONTRACT_RULES_MAX;
    for (size_t i = 0; i < count; i++)
        if (!zpl_rule_write(&rules[i], duck, contract->path, arena, diags))
            return zpl_arena_failed(arena) ? ZPL_ERR_NOMEM : ZPL_ERR_STEP;
    for (size_t i = 0; err == ZPL_OK && i < count; i += most)
        err = count_rows(&c, &rules[i], count - i < most ? count - i : most);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        if (rules[i].count == 0)
            continue;
        err = tell(&c, &rules[i], !broken);
        broken = true;
    }
    return err == ZPL_OK && broken ? ZPL_ERR_STEP : err;
}
