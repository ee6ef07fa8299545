/* contract.c - see contract.h.   Floor: stdlib. */
#include "stdlib/table/contract.h"

#include <math.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/moment.h"
#include "stdlib/context.h"
#include "stdlib/table/contract_match.h"

#define SHOWN_CHARACTERS 60 /* of one value */

static const struct zpl_span nowhere;

enum rule_kind {
    RULE_REQUIRED,
    RULE_MIN,
    RULE_MAX,
    RULE_ONE_OF,
    RULE_ENUM,
    RULE_MATCH,
    RULE_UNIQUE,
    RULE_KINDS
};
/* One rule of a column, or of the items of a column of lists. */
struct rule {
    enum rule_kind kind;
    const struct zpl_column *column;
    const struct zpl_type *type; /* what says the rule: the column's, or that of its items */
    unsigned depth;              /* lists around it */
    const char *breaks;          /* SQL: true where it is broken; of UNIQUE NULL */
    int64_t count;               /* rows that break it */
};
struct checking {
    struct zpl_duck *duck;
    const struct zpl_contract *contract;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    struct rule *rules;
    size_t count, capacity;
    int64_t rows;
};

/* ---- which rules there are ---- */

static bool has_rule(const struct zpl_type *type, enum rule_kind kind)
{
    const struct zpl_refine *r = type->refine;
    if (kind == RULE_ENUM)
        return type->kind == ZPL_ENUM && type->values != NULL;
    if (r == NULL)
        return false;
    switch (kind) {
    case RULE_REQUIRED:
        return r->required;
    case RULE_MIN:
        return r->min != NULL;
    case RULE_MAX:
        return r->max != NULL;
    case RULE_ONE_OF:
        return r->one_of != NULL;
    case RULE_MATCH:
        return r->match != NULL;
    case RULE_UNIQUE:
        return r->unique;
    default:
        return false;
    }
}

/* Adds the rules that hold for a column, then those for the items in it. */
static bool add_rules(struct checking *c, const struct zpl_column *column)
{
    unsigned depth = 0;
    for (const struct zpl_type *type = column->type; type != NULL; type = type->elem, depth++) {
        for (int kind = 0; kind < RULE_KINDS; kind++) {
            if (!has_rule(type, kind) || (depth > 0 && kind == RULE_UNIQUE))
                continue;
            c->rules = zpl_arena_grow(c->arena, c->rules, c->count, &c->capacity, sizeof *c->rules);
            if (c->rules == NULL)
                return false;
            c->rules[c->count++] =
                (struct rule){.kind = kind, .column = column, .type = type, .depth = depth};
        }
        if (type->kind != ZPL_LIST)
            break;
    }
    return true;
}

bool zpl_contract_any(const struct zpl_row *row)
{
    for (size_t i = 0; row != NULL && i < row->count; i++)
        for (const struct zpl_type *type = row->columns[i].type; type != NULL; type = type->elem) {
            for (int kind = 0; kind < RULE_KINDS; kind++)
                if (has_rule(type, kind))
                    return true;
            if (type->kind != ZPL_LIST)
                break;
        }
    return false;
}

/* ---- rules in words ---- */

/* What the column is to be, as in "is to be at least 0". */
static void say_rule(const struct rule *rule, struct zpl_buf *out)
{
    const struct zpl_refine *r = rule->type->refine;
    switch (rule->kind) {
    case RULE_REQUIRED:
        zpl_buf_puts(out, rule->depth > 0 ? "is to have no null among its items" : "is required");
        return;
    case RULE_MIN:
        zpl_buf_puts(out, "is to be at least ");
        zpl_literal_show(r->min, out);
        break;
    case RULE_MAX:
        zpl_buf_puts(out, "is to be at most ");
        zpl_literal_show(r->max, out);
        break;
    case RULE_ONE_OF:
        zpl_buf_puts(out, "is to be one of ");
        zpl_literal_show(r->one_of, out);
        break;
    case RULE_ENUM: {
        struct zpl_type plain = *rule->type;
        plain.refine = NULL;
        plain.optional = false;
        zpl_buf_puts(out, "is to be a value of ");
        zpl_type_show(&plain, true, out);
        break;
    }
    case RULE_MATCH:
        zpl_buf_puts(out, "is to match ");
        zpl_literal_quote(r->match, strlen(r->match), out);
        break;
    default:
        zpl_buf_puts(out, "is to be unique");
        break;
    }
    if (rule->depth > 0)
        zpl_buf_puts(out, " in each item");
}

const char *const *zpl_contract_words(const struct zpl_column *column, struct zpl_arena *arena)
{
    struct checking c = {.arena = arena};
    if (!add_rules(&c, column))
        return NULL;
    const char **words = zpl_arena_array(arena, c.count + 1, sizeof *words);
    for (size_t i = 0; words != NULL && i < c.count; i++) {
        struct zpl_buf text = {0};
        say_rule(&c.rules[i], &text);
        words[i] = zpl_arena_strdup(arena, zpl_buf_str(&text));
        zpl_buf_release(&text);
    }
    return zpl_arena_failed(arena) ? NULL : words;
}

/* ---- rules in SQL ---- */

static void hex(const char *s, size_t n, struct zpl_buf *out)
{
    zpl_buf_puts(out, "from_hex('");
    for (size_t i = 0; i < n; i++)
        zpl_buf_printf(out, "%02x", (unsigned char)s[i]);
    zpl_buf_puts(out, "')");
}

static void text_value(enum zpl_kind kind, const struct zpl_literal *v, struct zpl_buf *out)
{
    const char *s = v->as.str.s;
    size_t n = v->as.str.n;
    int64_t when = 0;
    if (kind == ZPL_DATE && zpl_date_read(s, n, &when)) {
        zpl_buf_printf(out, "(DATE '1970-01-01' + CAST(%lld AS INTEGER))", (long long)when);
    } else if (kind == ZPL_TIMESTAMP && zpl_timestamp_read(s, n, &when)) {
        zpl_buf_printf(out, "make_timestamp(CAST('%lld' AS BIGINT))", (long long)when);
    } else if (kind == ZPL_BYTES) {
        hex(s, n, out);
    } else if (memchr(s, '\0', n) != NULL) { /* which would end the query */
        zpl_buf_puts(out, "decode(");
        hex(s, n, out);
        zpl_buf_putc(out, ')');
    } else {
        zpl_duck_text(out, s, n);
    }
}

/* A value of the type as a constant. */
static void value(const struct zpl_type *type, const struct zpl_literal *v, struct zpl_buf *out)
{
    switch (v->kind) {
    case ZPL_LIT_BOOL:
        zpl_buf_puts(out, v->as.b ? "true" : "false");
        return;
    case ZPL_LIT_INT:
        zpl_buf_printf(out, "CAST('%lld' AS BIGINT)", (long long)v->as.i);
        return;
    case ZPL_LIT_FLOAT:
        if (isnan(v->as.f))
            zpl_buf_puts(out, "CAST('nan' AS DOUBLE)");
        else
            zpl_buf_printf(out, "CAST('%.17g' AS DOUBLE)", v->as.f);
        return;
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        text_value(type->kind, v, out);
        return;
    case ZPL_LIT_LIST:
        zpl_buf_puts(out, "CAST([");
        for (size_t i = 0; i < v->as.list.count; i++) {
            zpl_buf_puts(out, i > 0 ? ", " : "");
            value(type->elem != NULL ? type->elem : type, v->as.list.items[i], out);
        }
        zpl_buf_puts(out, "] AS ");
        zpl_convert_sql(type, true, out);
        zpl_buf_putc(out, ')');
        return;
    default:
        zpl_buf_puts(out, "NULL");
        return;
    }
}

/* Of a bound that is NaN no value is below and every one above, as in admit.c. */
static void break_bound(const struct rule *rule, const char *x, struct zpl_buf *out)
{
    bool min = rule->kind == RULE_MIN;
    const struct zpl_literal *bound = min ? rule->type->refine->min : rule->type->refine->max;
    bool nan = bound->kind == ZPL_LIT_FLOAT && isnan(bound->as.f);
    bool number = rule->type->kind == ZPL_FLOAT || rule->type->kind == ZPL_NUMBER;
    if (nan && !min) {
        zpl_buf_printf(out, "%s IS NOT NULL", x);
        return;
    }
    if (!nan) {
        zpl_buf_printf(out, "%s %c ", x, min ? '<' : '>');
        value(rule->type, bound, out);
    }
    if (min && number) /* which SQL has above all numbers */
        zpl_buf_printf(out, "%sisnan(CAST(%s AS DOUBLE))", nan ? "" : " OR ", x);
}

/* The literals as canonical texts of JSON; NULL when memory is out. */
static const char *const *json_texts(const struct zpl_literal *list, struct zpl_arena *arena)
{
    size_t count = list->as.list.count;
    const char **texts = zpl_arena_array(arena, count + 1, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < count; i++) {
        struct zpl_buf text = {0};
        struct zpl_json *json = zpl_context_json(list->as.list.items[i]);
        if (zpl_json_write(json, false, &text) == ZPL_OK)
            texts[i] = zpl_arena_strdup(arena, zpl_buf_str(&text));
        zpl_json_release(json);
        zpl_buf_release(&text);
        if (texts[i] == NULL)
            return NULL;
    }
    return texts;
}

static bool break_one_of(struct checking *c, const struct rule *rule, const char *x,
                         struct zpl_buf *out)
{
    const struct zpl_literal *list = rule->type->refine->one_of;
    bool scalar = rule->type->kind != ZPL_LIST;
    if (rule->type->kind == ZPL_JSON) {
        const char *name;
        const char *const *texts = json_texts(list, c->arena);
        if (texts == NULL || !zpl_contract_json(c->duck, texts, &name, c->arena, c->diags))
            return false;
        zpl_buf_printf(out, "%s IS NOT NULL AND NOT %s(%s)", x, name, x);
        return true;
    }
    if (list->as.list.count == 0) {
        zpl_buf_printf(out, "%s IS NOT NULL", x);
        return true;
    }
    /* `x IN (list)` with one list means something else. */
    zpl_buf_printf(out, "NOT (%s %s", x, scalar ? "IN (" : "= ");
    for (size_t i = 0; i < list->as.list.count; i++) {
        if (i > 0)
            zpl_buf_printf(out, scalar ? ", " : " OR %s = ", x);
        value(rule->type, list->as.list.items[i], out);
    }
    zpl_buf_puts(out, scalar ? "))" : ")");
    return true;
}

static void break_enum(const struct rule *rule, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "%s NOT IN (", x);
    for (const char *const *v = rule->type->values; *v != NULL; v++) {
        zpl_buf_puts(out, v > rule->type->values ? ", " : "");
        zpl_duck_text(out, *v, strlen(*v));
    }
    zpl_buf_putc(out, ')');
}

/* When does the value `x` break the rule?  NULL counts as no. */
static bool break_value(struct checking *c, const struct rule *rule, const char *x,
                        struct zpl_buf *out)
{
    const char *name;
    switch (rule->kind) {
    case RULE_REQUIRED:
        zpl_buf_printf(out, "%s IS NULL", x);
        return true;
    case RULE_MIN:
    case RULE_MAX:
        break_bound(rule, x, out);
        return true;
    case RULE_ONE_OF:
        return break_one_of(c, rule, x, out);
    case RULE_ENUM:
        break_enum(rule, x, out);
        return true;
    default:
        if (!zpl_contract_match(c->duck, rule->type->refine->match, &name, c->arena, c->diags))
            return false;
        zpl_buf_printf(out, "%s IS NOT NULL AND NOT %s(%s)", x, name, x);
        return true;
    }
}

/* Of a list: is there an item that breaks it? */
static bool break_item(struct checking *c, const struct rule *rule, const char *x, unsigned depth,
                       struct zpl_buf *out)
{
    if (depth == rule->depth)
        return break_value(c, rule, x, out);
    const char *item = zpl_arena_printf(c->arena, "zpl_item_%u", depth);
    if (item == NULL)
        return false;
    zpl_buf_printf(out, "len(list_filter(%s, lambda %s: ", x, item);
    bool fine = break_item(c, rule, item, depth + 1, out);
    zpl_buf_puts(out, ")) > 0");
    return fine;
}

/* Is the rule about texts, and the column none?  A pattern says nothing of a number. */
static bool is_idle(const struct rule *rule)
{
    enum zpl_kind kind = rule->type->kind;
    return rule->kind == RULE_MATCH && kind != ZPL_STRING && kind != ZPL_PATH && kind != ZPL_ENUM &&
           kind != ZPL_JSON && kind != ZPL_CLASS && kind != ZPL_ANY;
}

static bool write_rule(struct checking *c, struct rule *rule)
{
    struct zpl_buf x = {0}, sql = {0};
    if (rule->kind == RULE_UNIQUE)
        return true;
    zpl_duck_ident(&x, rule->column->name);
    bool fine = true;
    if (is_idle(rule))
        zpl_buf_puts(&sql, "false");
    else
        fine = break_item(c, rule, zpl_buf_str(&x), 0, &sql);
    if (zpl_buf_error(&sql) != ZPL_OK || zpl_buf_error(&x) != ZPL_OK)
        c->arena->failed = true;
    rule->breaks = zpl_arena_strdup(c->arena, zpl_buf_str(&sql));
    zpl_buf_release(&x);
    zpl_buf_release(&sql);
    if (zpl_arena_failed(c->arena) && c->diags->errors == 0)
        zpl_diag_nomem(c->diags);
    return fine && !zpl_arena_failed(c->arena);
}

/* ---- the rows ---- */

static void add_file(const struct checking *c, struct zpl_buf *sql)
{
    zpl_buf_puts(sql, "read_parquet(");
    zpl_duck_text(sql, c->contract->path, strlen(c->contract->path));
    zpl_buf_putc(sql, ')');
}

static enum zpl_err ask(struct checking *c, struct zpl_buf *sql, zpl_duck_row_fn *row, void *self)
{
    enum zpl_err err = zpl_buf_error(sql) != ZPL_OK
                           ? zpl_diag_nomem(c->diags)
                           : zpl_duck_each(c->duck, zpl_buf_str(sql), row, self, c->diags);
    zpl_buf_release(sql);
    return err;
}

/* The numbers of one pass, in order: all rows, then those that break each rule. */
struct counting {
    struct checking *c;
    struct rule *next;
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
static enum zpl_err count_rows(struct checking *c, struct rule *rules, size_t count)
{
    struct zpl_buf sql = {0};
    struct counting counting = {.c = c, .next = rules, .first = true};
    zpl_buf_puts(&sql, "SELECT unnest([count(*)");
    for (size_t i = 0; i < count; i++) {
        if (rules[i].kind == RULE_UNIQUE) {
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
static void add_shown(const struct rule *rule, const char *x, struct zpl_buf *sql)
{
    bool text = rule->depth == 0 && rule->type->kind != ZPL_INT && rule->type->kind != ZPL_FLOAT &&
                rule->type->kind != ZPL_BOOL && rule->type->kind != ZPL_DATE &&
                rule->type->kind != ZPL_TIMESTAMP && rule->type->kind != ZPL_LIST;
    zpl_buf_printf(sql, "left(CAST(%s AS VARCHAR), %d), %s", x, SHOWN_CHARACTERS + 1,
                   text ? "1::BIGINT" : "0::BIGINT");
}

/* The first rows that break a rule: number, value, is it text, and the row it repeats. */
static void find_rows(const struct checking *c, const struct rule *rule, struct zpl_buf *sql)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, rule->column->name);
    if (rule->kind == RULE_UNIQUE) {
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

static enum zpl_err tell_row(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct telling *t = self;
    zpl_buf_printf(t->out, "%s row ", t->count++ == 0 ? ":" : ",");
    zpl_text_show_count(t->out, (uint64_t)cells[0].i);
    if (t->required)
        return ZPL_OK;
    zpl_buf_puts(t->out, " has ");
    tell_value(cells, t->out);
    if (cells[3].valid) {
        zpl_buf_puts(t->out, " as row ");
        zpl_text_show_count(t->out, (uint64_t)cells[3].i);
    }
    return ZPL_OK;
}

/* "3 of 1,000 rows are not" */
static void say_count(const struct checking *c, const struct rule *rule, struct zpl_buf *out)
{
    static const char *const verbs[][2] = {{"is not", "are not"},
                                           {"has none", "have none"},
                                           {"does not", "do not"},
                                           {"repeats a value", "repeat a value"},
                                           {"has one that is not", "have one that is not"},
                                           {"has one", "have one"},
                                           {"has one that does not", "have one that does not"}};
    size_t verb = rule->kind == RULE_REQUIRED ? 1
                  : rule->kind == RULE_MATCH  ? 2
                  : rule->kind == RULE_UNIQUE ? 3
                                              : 0;
    if (rule->depth > 0)
        verb = rule->kind == RULE_REQUIRED ? 5 : rule->kind == RULE_MATCH ? 6 : 4;
    zpl_text_show_count(out, (uint64_t)rule->count);
    zpl_buf_puts(out, " of ");
    zpl_text_show_count(out, (uint64_t)c->rows);
    zpl_buf_printf(out, " row%s %s", c->rows == 1 ? "" : "s", verbs[verb][rule->count != 1]);
}

/* Tells one broken rule, with its first rows. */
static enum zpl_err tell(struct checking *c, const struct rule *rule, bool first)
{
    struct zpl_buf words = {0}, sql = {0};
    struct telling t = {.out = &words, .required = rule->kind == RULE_REQUIRED && rule->depth == 0};
    zpl_buf_printf(&words, "%s: column '%s' ", c->contract->whose, rule->column->name);
    say_rule(rule, &words);
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

enum zpl_err zpl_contract_check(struct zpl_duck *duck, const struct zpl_contract *contract,
                                struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct checking c = {.duck = duck, .contract = contract, .arena = arena, .diags = diags};
    enum zpl_err err = ZPL_OK;
    bool broken = false;
    for (size_t i = 0; contract->row != NULL && i < contract->row->count; i++)
        if (!add_rules(&c, &contract->row->columns[i]))
            return zpl_diag_nomem(diags);
    for (size_t i = 0; i < c.count; i++)
        if (!write_rule(&c, &c.rules[i]))
            return zpl_arena_failed(arena) ? ZPL_ERR_NOMEM : ZPL_ERR_STEP;
    for (size_t i = 0; err == ZPL_OK && i < c.count; i += ZPL_CONTRACT_RULES_MAX)
        err =
            count_rows(&c, &c.rules[i],
                       c.count - i < ZPL_CONTRACT_RULES_MAX ? c.count - i : ZPL_CONTRACT_RULES_MAX);
    for (size_t i = 0; err == ZPL_OK && i < c.count; i++) {
        if (c.rules[i].count == 0)
            continue;
        err = tell(&c, &c.rules[i], !broken);
        broken = true;
    }
    return err == ZPL_OK && broken ? ZPL_ERR_STEP : err;
}
