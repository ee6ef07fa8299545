#include "lang/check/tell.h"
#include <string.h>
#include "lang/base/text.h"
#include "lang/graph/body_kind.h"
#include "lang/graph/lineage.h"
#include "lang/check/trace.h"

/* A message lists this many columns of a table. */
#define COLUMNS_TOLD 12
#define LAST_TOLD    3 /* of these */
/* A message names this many steps that a value is made of. */
#define MAKERS_TOLD 4

const char *zpl_say_node(const struct zpl_node *node)
{
    return node->name ? node->name : node->step;
}

struct makers {
    const struct zpl_graph *graph;
    struct zpl_diags *diags;
    struct zpl_diag *diag;
    uint32_t told[MAKERS_TOLD];
    size_t count;
};

static void tell_one_maker(void *self, uint32_t node, uint32_t output)
{
    struct makers *m = self;
    (void)output;
    for (size_t i = 0; i < m->count; i++)
        if (m->told[i] == node)
            return;
    if (m->count == MAKERS_TOLD || node >= m->graph->count)
        return;
    m->told[m->count++] = node;
    const struct zpl_node *maker = &m->graph->nodes[node];
    zpl_diag_note(m->diags, m->diag, maker->span,
                  maker->stands_in ? "this is the input '%s'" : "made here by step '%s'",
                  zpl_say_node(maker));
}

void zpl_tell_maker(const struct zpl_graph *graph, struct zpl_diags *diags, struct zpl_diag *diag,
                    const struct zpl_value *value)
{
    struct makers m = {.graph = graph, .diags = diags, .diag = diag};
    if (value)
        zpl_value_refs(value, tell_one_maker, &m);
}

struct asking {
    const struct zpl_graph *graph;
    const char *column, *clue;
};

/* Goes back to the source that the column comes from unchanged: others have no clues. */
static void find_clue(void *self, uint32_t node, uint32_t output)
{
    struct asking *asking = self;
    const struct zpl_graph *graph = asking->graph;
    const struct zpl_row *row = zpl_lineage_row(graph, node, output);
    const struct zpl_column *column = row ? zpl_row_find(row, asking->column) : NULL;
    if (!column || asking->clue)
        return;
    const struct zpl_lineage_column made = zpl_trace_maker(
        graph, (struct zpl_lineage_column){node, output, (uint32_t)(column - row->columns)});
    const struct zpl_node *source = &graph->nodes[made.node];
    const char *const *clues = source->outputs[made.output].clues;
    asking->clue = clues ? clues[made.column] : NULL;
}

void zpl_tell_clue(const struct zpl_graph *graph, struct zpl_diags *diags, struct zpl_diag *diag,
                   const struct zpl_value *value, const char *column)
{
    struct asking asking = {.graph = graph, .column = column};
    if (value)
        zpl_lineage_outputs(graph, value, find_clue, &asking);
    if (asking.clue)
        zpl_diag_note(diags, diag, (struct zpl_span){0}, "%s", asking.clue);
}

/* The names among these that the node computed: "'a', 'b' and 3 more come"; false: there is none. */
static bool say_columns(struct zpl_buf *out, const char *const *columns, const uint32_t *makers,
                        size_t count, uint32_t node)
{
    size_t said = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        if (makers[i] != node)
            continue;
        if (all++ < COLUMNS_TOLD)
            zpl_buf_printf(out, "%s'%s'", said++ ? ", " : "", columns[i]);
    }
    if (all > said)
        zpl_buf_printf(out, " and %zu more", all - said);
    zpl_buf_puts(out, all == 1 ? " comes" : " come");
    return all > 0;
}

void zpl_tell_column_maker(const struct zpl_graph *graph, struct zpl_diags *diags,
                           struct zpl_diag *diag, const struct zpl_value *value,
                           const char *const *columns, size_t count)
{
    struct zpl_arena scratch = {0};
    uint32_t *makers = zpl_arena_array(&scratch, count + 1, sizeof *makers);
    size_t told = 0, hint = 0;
    for (size_t i = 0; makers && value && i < count; i++) {
        struct zpl_lineage_column at;
        makers[i] = UINT32_MAX;
        if (zpl_trace_column(graph, value, columns[i], &hint, &at))
            makers[i] = zpl_trace_maker(graph, at).node;
    }
    for (size_t i = 0; makers && value && i < count && told < MAKERS_TOLD; i++) {
        struct zpl_buf text = {0};
        bool first = makers[i] != UINT32_MAX;
        for (size_t k = 0; k < i; k++)
            first = first && makers[k] != makers[i];
        const struct zpl_node *maker = first ? &graph->nodes[makers[i]] : NULL;
        if (first && say_columns(&text, columns, makers, count, makers[i])) {
            zpl_diag_note(diags, diag, maker->span,
                          maker->stands_in ? "%s from here, the input '%s'"
                                           : "%s from here, step '%s'",
                          zpl_buf_str(&text), zpl_say_node(maker));
            told++;
        }
        zpl_buf_release(&text);
    }
    if (told == 0)
        zpl_tell_maker(graph, diags, diag, value);
    zpl_arena_release(&scratch);
}

void zpl_tell_columns(struct zpl_diags *diags, struct zpl_diag *diag, const char *name,
                      const struct zpl_row *row)
{
    struct zpl_buf text = {0};
    size_t told = 0, between = row->count > COLUMNS_TOLD ? row->count - COLUMNS_TOLD : 0;
    for (size_t i = 0; i < row->count; i++) {
        if (between &&
            i == COLUMNS_TOLD - LAST_TOLD) { /* what is to be predicted often stands last */
            zpl_buf_printf(&text, ", … %zu more …", between);
            i += between - 1;
            continue;
        }
        if (!row->columns[i].type)
            continue;
        zpl_buf_printf(&text, "%s%s", told ? ", " : "", row->columns[i].name);
        told++;
    }
    const char *columns = told        ? zpl_buf_str(&text)
                          : row->open ? "no declared columns"
                                      : "no columns";
    if (!zpl_buf_error(&text) && name)
        zpl_diag_note(diags, diag, (struct zpl_span){0}, "'%s' has %s%s", name, columns,
                      row->open ? "; what else there may be (`...`) can be used once it is declared"
                                : "");
    else if (!zpl_buf_error(&text))
        zpl_diag_note(diags, diag, (struct zpl_span){0}, "the subquery has %s", columns);
    zpl_buf_release(&text);
}

void zpl_tell_near_column(struct zpl_diags *diags, struct zpl_diag *diag, const char *word,
                          const struct zpl_row *row)
{
    struct zpl_arena scratch = {0};
    const char **names = zpl_arena_array(&scratch, row->count, sizeof *names);
    for (size_t i = 0; names && i < row->count; i++)
        names[i] = row->columns[i].name;
    const char *near = names ? zpl_text_nearest(word, names, row->count) : NULL;
    if (near)
        zpl_diag_help(diags, diag, "did you mean '%s'?", near);
    zpl_arena_release(&scratch);
}

void zpl_tell_undeclared(const struct zpl_graph *graph, struct zpl_diags *diags,
                         struct zpl_diag *diag, const struct zpl_value *value, const char *declares)
{
    const struct zpl_node *node =
        value && value->kind == ZPL_VALUE_REF && value->ref.node < graph->count
            ? &graph->nodes[value->ref.node]
            : NULL;
    enum zpl_body body = node ? zpl_body_kind(node->kernel)->body : ZPL_BODY_NONE;
    if (body == ZPL_BODY_NONE || body == ZPL_BODY_SQL || diag->help ||
        value->ref.output >= node->output_count)
        return;
    zpl_diag_help(diags, diag, "declare it in the signature of the step: `(…) -> (%s: %s)`%s",
                  node->outputs[value->ref.output].name, declares,
                  value->type->kind == ZPL_TABLE
                      ? ", with its own type; once it has run, `zpl show` has the declaration"
                      : "");
}

void zpl_tell_undeclared_column(const struct zpl_graph *graph, struct zpl_diags *diags,
                                struct zpl_diag *diag, const struct zpl_value *value,
                                const char *column)
{
    struct zpl_buf declares = {0};
    if (!value || value->type->kind != ZPL_TABLE || !value->type->row || !value->type->row->open)
        return;
    zpl_buf_printf(&declares, "Table {%s: Float, ...}", column);
    zpl_tell_undeclared(graph, diags, diag, value, zpl_buf_str(&declares));
    zpl_buf_release(&declares);
}

void zpl_tell_unknown_column(const struct zpl_graph *graph, struct zpl_diags *diags,
                             struct zpl_span span, const char *word, const char *table,
                             const struct zpl_row *row, const struct zpl_value *value)
{
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_UNKNOWN_COLUMN, span, "unknown column '%s'", word);
    zpl_tell_columns(diags, d, table, row);
    zpl_tell_maker(graph, diags, d, value);
    zpl_tell_near_column(diags, d, word, row);
    zpl_tell_undeclared_column(graph, diags, d, value, word);
}

/* Was the same told of the same place? */
static bool told_before(const struct zpl_diags *told, const struct zpl_diag *diag)
{
    for (size_t i = 0; diag->span.source && i < told->count; i++) {
        const struct zpl_diag *d = told->items[i];
        if (d->code == diag->code && d->span.source == diag->span.source &&
            d->span.begin == diag->span.begin && d->span.end == diag->span.end &&
            strcmp(d->message, diag->message) == 0)
            return true;
    }
    return false;
}

/* Drops what an earlier look at a step's body has told. */
static void drop_repeated(const struct zpl_diags *told, struct zpl_diags *diags)
{
    size_t kept = 0;
    for (size_t i = 0; i < diags->count; i++) {
        if (!told_before(told, diags->items[i]))
            diags->items[kept++] = diags->items[i];
        else if (diags->items[i]->severity == ZPL_ERROR)
            diags->errors--;
    }
    diags->count = kept;
}

void zpl_tell_all(struct zpl_checker *checker, const struct zpl_call *call, struct zpl_diags *diags)
{
    if (call->body)
        drop_repeated(checker->diags, diags);
    for (size_t i = 0; i < diags->count; i++)
        for (size_t k = 0; k < call->caller_count; k++)
            zpl_diag_note(diags, diags->items[i], call->callers[k], "called from here");
    zpl_diags_append(checker->diags, diags);
    zpl_diags_clear(diags);
}

const char *zpl_say_kind(enum zpl_kind kind, struct zpl_arena *scratch)
{
    const char *name = kind == ZPL_CLASS ? "Enum or String" : zpl_kind_name(kind);
    const char *text =
        zpl_arena_printf(scratch, "%s %s", strchr("AEIOU", name[0]) ? "an" : "a", name);
    return text ? text : name;
}

const char *zpl_say_literal(const struct zpl_literal *literal, struct zpl_arena *scratch)
{
    struct zpl_buf text = {0};
    zpl_literal_show(literal, &text);
    const char *copy = zpl_arena_strndup(scratch, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    return copy ? copy : "a value";
}

const char *zpl_say_value(const struct zpl_value *value, struct zpl_arena *scratch)
{
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
        return zpl_say_literal(value->literal, scratch);
    case ZPL_VALUE_COND:
        return "a condition";
    case ZPL_VALUE_LIST:
        return "a list";
    case ZPL_VALUE_RECORD:
        return "a record";
    case ZPL_VALUE_REF:
    case ZPL_VALUE_PICK:
    case ZPL_VALUE_ITEM:
    case ZPL_VALUE_GATHER:
        break;
    }
    return zpl_say_kind(value->type->kind, scratch);
}

struct zpl_span zpl_item_span(const struct zpl_call_argument *argument, const char *name)
{
    const struct zpl_literal *list =
        argument->value->kind == ZPL_VALUE_LITERAL ? argument->value->literal : NULL;
    if (!list || list->kind != ZPL_LIT_LIST || !argument->item_spans)
        return argument->span;
    for (size_t i = 0; i < list->as.list.count && i < argument->item_count; i++) {
        const struct zpl_literal *item = list->as.list.items[i];
        if (item->kind == ZPL_LIT_STRING && strcmp(item->as.str.s, name) == 0)
            return argument->item_spans[i];
    }
    return argument->span;
}
