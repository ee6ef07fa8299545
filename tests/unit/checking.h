/* checking.h - a checker for tests: values are defined by the text of their type, calls are written
 * as a program would write them, so that every span comes from a real text. */
#ifndef ZPL_TESTS_CHECKING_H
#define ZPL_TESTS_CHECKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/check/call.h"
#include "lang/check/leak.h"
#include "lang/types/signature.h"

#define BENCH_NAMES 32

struct bench {
    struct zpl_graph graph;
    struct zpl_diags diags;
    struct zpl_sources sources;
    struct zpl_engine engine;
    struct zpl_checker checker;
    struct {
        const char *name;
        const struct zpl_value *value;
    } names[BENCH_NAMES];
    size_t name_count;
    const char *text; /* of the last call */
    uint32_t source;  /* its number */
    uint32_t node;    /* what the last call made */
    struct zpl_call call;
    const struct zpl_span *callers;
    size_t caller_count;
};

static inline void bench_start(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->checker = (struct zpl_checker){.graph = &b->graph, .diags = &b->diags, .engine = &b->engine};
}

static inline void bench_end(struct bench *b)
{
    zpl_checker_release(&b->checker);
    zpl_graph_release(&b->graph);
    zpl_diags_release(&b->diags);
    zpl_sources_release(&b->sources);
}

static inline const struct zpl_type *type_of(struct bench *b, const char *text)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    if (zpl_type_parse(text, &b->graph.arena, &type, &error))
        fail_msg("type %s: %s at %zu", text, error.message, error.offset);
    return type;
}

/* The literal as it is written. */
static inline const struct zpl_literal *literal_of(struct bench *b, const char *text)
{
    char line[4096];
    const struct zpl_signature *signature;
    struct zpl_signature_error error;
    snprintf(line, sizeof line, "(x: Any = %s)", text);
    if (zpl_signature_parse(line, &b->graph.arena, &signature, &error))
        fail_msg("literal %s: %s", text, error.message);
    return signature->inputs[0].fallback;
}

static inline void name_value(struct bench *b, const char *name, const struct zpl_value *value)
{
    assert_true(b->name_count < BENCH_NAMES);
    b->names[b->name_count].name = name;
    b->names[b->name_count++].value = value;
}

/* Output `output` of a node, as a value of the program. */
static inline const struct zpl_value *value_of(struct bench *b, uint32_t node, uint32_t output)
{
    struct zpl_value *v = zpl_arena_alloc(&b->graph.arena, sizeof *v);
    v->kind = ZPL_VALUE_REF;
    v->type = zpl_check_output_type(&b->checker, node, output);
    v->ref.node = node;
    v->ref.output = output;
    return v;
}

/* A value of that type, made by a step of its own called make_<name>. */
static inline void define(struct bench *b, const char *name, const char *type)
{
    struct zpl_node *node = zpl_graph_add(&b->graph);
    struct zpl_output *output = zpl_arena_alloc(&b->graph.arena, sizeof *output);
    char *step = zpl_arena_printf(&b->graph.arena, "make_%s", name);
    output->name = name;
    output->type = type_of(b, type);
    node->step = step;
    node->outputs = output;
    node->output_count = 1;
    node->span = (struct zpl_span){zpl_sources_add(&b->sources, name, step, strlen(step)), 0,
                                   (uint32_t)strlen(step)};
    name_value(b, name, value_of(b, node->id, 0));
}

static inline struct zpl_span span_of(const struct bench *b, const char *begin, const char *end)
{
    return (struct zpl_span){b->source, (uint32_t)(begin - b->text), (uint32_t)(end - b->text)};
}

static inline const char *skip_space(const char *s)
{
    return s + strspn(s, " \n\t");
}

/* Where the value that begins at s ends: a comma or brace outside of braces and strings. */
static inline const char *value_end(const char *s)
{
    int depth = 0;
    bool quoted = false;
    for (; *s; s++) {
        if (*s == '"')
            quoted = !quoted;
        else if (!quoted && *s == '{')
            depth++;
        else if (!quoted && ((*s == '}' && depth-- == 0) || (*s == ',' && depth == 0)))
            break;
    }
    while (s[-1] == ' ')
        s--;
    return s;
}

static inline const struct zpl_value *read_value(struct bench *b, const char *s, const char *end)
{
    size_t n = (size_t)(end - s);
    for (size_t i = 0; i < b->name_count; i++)
        if (strlen(b->names[i].name) == n && memcmp(b->names[i].name, s, n) == 0)
            return b->names[i].value;
    struct zpl_value *v = zpl_arena_alloc(&b->graph.arena, sizeof *v);
    v->kind = ZPL_VALUE_LITERAL;
    v->literal = literal_of(b, zpl_arena_strndup(&b->graph.arena, s, n));
    return v;
}

/* The spans of a list's items. */
static inline void read_items(struct bench *b, struct zpl_call_argument *argument, const char *s)
{
    struct zpl_span *spans = zpl_arena_array(&b->graph.arena, 64, sizeof *spans);
    for (s = skip_space(s + 1); *s != '}';) {
        const char *end = value_end(s);
        spans[argument->item_count++] = span_of(b, s, end);
        s = skip_space(end);
        if (*s == ',')
            s = skip_space(s + 1);
    }
    argument->item_spans = spans;
}

/* `step { a, b = 1 }` → a call; the text is a source of its own. */
static inline void read_call(struct bench *b, const struct zpl_step_info *step, const char *text)
{
    struct zpl_call_argument *arguments = zpl_arena_array(&b->graph.arena, 64, sizeof *arguments);
    b->text = text;
    b->source = zpl_sources_add(&b->sources, "call", text, strlen(text));
    const char *s = strchr(text, '{');
    b->call = (struct zpl_call){.step = step,
                                .callee = span_of(b, text, text + strcspn(text, " {")),
                                .span = span_of(b, text, text + strlen(text)),
                                .arguments = arguments,
                                .callers = b->callers,
                                .caller_count = b->caller_count};
    for (s = skip_space(s + 1); *s != '}';) {
        struct zpl_call_argument *argument = &arguments[b->call.argument_count++];
        size_t name = strcspn(s, " =,{}\"");
        const char *behind = skip_space(s + name);
        if (name && *behind == '=') {
            argument->name = zpl_arena_strndup(&b->graph.arena, s, name);
            argument->name_span = span_of(b, s, s + name);
            s = skip_space(behind + 1);
        }
        const char *end = value_end(s);
        argument->span = span_of(b, s, end);
        if (!argument->name)
            argument->name_span = argument->span;
        argument->value = read_value(b, s, end);
        if (*s == '{')
            read_items(b, argument, s);
        s = skip_space(end);
        if (*s == ',')
            s = skip_space(s + 1);
    }
}

static inline enum zpl_err check(struct bench *b, const struct zpl_step_info *step,
                                 const char *text)
{
    read_call(b, step, text);
    enum zpl_err err = zpl_check_call(&b->checker, &b->call, &b->node);
    if (!err || err == ZPL_ERR_CHECK)
        assert_int_not_equal(b->node, ZPL_NO_NODE);
    if (!err) {
        enum zpl_err leak = zpl_check_leak(&b->checker, &b->call, b->node);
        err = leak ? leak : err;
    }
    return err;
}

/* The call fits, and its output `output` is a new name. */
static inline void checks_as(struct bench *b, const struct zpl_step_info *step, const char *text,
                             const char *name)
{
    enum zpl_err err = check(b, step, text);
    if (err) {
        struct zpl_buf shown = {0};
        zpl_diags_show(&b->diags, &b->sources, false, &shown);
        fail_msg("%s", zpl_buf_str(&shown));
    }
    if (name)
        name_value(b, name, value_of(b, b->node, 0));
}

static inline const char *text_of(struct bench *b, const struct zpl_type *type)
{
    return zpl_type_text(type, false, &b->graph.arena);
}

static inline void assert_output(struct bench *b, uint32_t output, const char *type)
{
    assert_string_equal(text_of(b, zpl_check_output_type(&b->checker, b->node, output)),
                        text_of(b, type_of(b, type)));
}

/* What a diagnostic's span covers in its source. */
static inline const char *covered(struct bench *b, struct zpl_span span)
{
    const struct zpl_source *source = zpl_sources_get(&b->sources, span.source);
    return source ? zpl_arena_strndup(&b->graph.arena, source->text + span.begin,
                                      span.end - span.begin)
                  : "";
}

/* The last call told exactly one mistake: of that code, at that text, with those words. */
static inline const struct zpl_diag *told(struct bench *b, enum zpl_code code, const char *at,
                                          const char *words)
{
    if (b->diags.count != 1) {
        struct zpl_buf shown = {0};
        zpl_diags_show(&b->diags, &b->sources, false, &shown);
        fail_msg("%zu diagnostics for %s:\n%s", b->diags.count, b->text, zpl_buf_str(&shown));
    }
    const struct zpl_diag *d = b->diags.items[0];
    assert_string_equal(zpl_code_id(d->code), zpl_code_id(code));
    assert_string_equal(covered(b, d->span), at);
    if (!strstr(d->message, words))
        fail_msg("'%s' is not in: %s", words, d->message);
    return d;
}

/* Some note says the words, at that text ("" for no place). */
static inline void noted(struct bench *b, const struct zpl_diag *d, const char *at,
                         const char *words)
{
    for (const struct zpl_note *n = d->notes; n; n = n->next)
        if (strstr(n->text, words) && strcmp(covered(b, n->span), at) == 0)
            return;
    struct zpl_buf shown = {0};
    zpl_diags_show(&b->diags, &b->sources, false, &shown);
    fail_msg("no note '%s' at '%s':\n%s", words, at, zpl_buf_str(&shown));
}

static inline void helped(const struct zpl_diag *d, const char *words)
{
    assert_non_null(d->help);
    if (!strstr(d->help, words))
        fail_msg("'%s' is not in: %s", words, d->help);
}

static inline const struct zpl_node *made(const struct bench *b)
{
    return &b->graph.nodes[b->node];
}

/* "a, b" for the columns that argument `name` reads, "*" for all, "-" when there is no argument. */
static inline const char *reads_of(struct bench *b, const char *name)
{
    const struct zpl_argument *argument = zpl_node_argument(made(b), name);
    const char *text = "";
    if (!argument || argument->reads_all)
        return argument ? "*" : "-";
    for (size_t i = 0; i < argument->read_count; i++)
        text = zpl_arena_printf(&b->graph.arena, "%s%s%s", text, i ? ", " : "", argument->reads[i]);
    return text;
}

static inline const char *binding_of(struct bench *b, const char *var)
{
    const char *text = "";
    for (size_t i = 0; i < made(b)->binding_count; i++) {
        const struct zpl_binding *binding = &made(b)->bindings[i];
        if (strcmp(binding->var, var) != 0)
            continue;
        for (size_t k = 0; k < binding->count; k++)
            text = zpl_arena_printf(&b->graph.arena, "%s%s%s", text, k ? ", " : "",
                                    binding->columns[k]);
        return text;
    }
    return "-";
}

#endif
