/* why.c - differences between two lists of ingredients, as sentences.   Floor: vm. */
#include "vm/plan/why.h"

#include <string.h>

#include "lang/graph/body_kind.h"
#include "stdlib/run.h"
#include "vm/plan/effect.h"
#include "vm/plan/user_files.h"

#define SHOWN_MAX   3  /* reasons in one line */
#define EXCERPT_MAX 60 /* bytes of a long text around its first difference */

static void reason(struct zpl_reasons *out, struct zpl_arena *arena, const char *text)
{
    const char **texts =
        zpl_arena_grow(arena, out->texts, out->count, &out->capacity, sizeof *texts);
    if (texts == NULL || text == NULL)
        return;
    out->texts = texts;
    texts[out->count++] = text;
}

/* The entry of that kind and name.  Two lists of a step mostly agree: looking begins at *hint, which
 * is left behind the hit, so that going through one list costs one look each. */
static const struct zpl_ingredient *find(const struct zpl_ingredients *list,
                                         const struct zpl_ingredient *wanted, size_t *hint)
{
    for (size_t n = 0; n < list->count; n++) {
        size_t i = (*hint + n) % list->count;
        if (list->items[i].kind == wanted->kind && strcmp(list->items[i].name, wanted->name) == 0) {
            *hint = i + 1;
            return &list->items[i];
        }
    }
    return NULL;
}

/* The list's entry for the columns read of the input that `item` is about ("input" or
 * "input.column"). */
static const struct zpl_ingredient *order_of(const struct zpl_ingredients *list,
                                             const struct zpl_ingredient *item)
{
    size_t n = strcspn(item->name, ".");
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == ZPL_ING_ORDER && strlen(list->items[i].name) == n &&
            memcmp(list->items[i].name, item->name, n) == 0)
            return &list->items[i];
    return NULL;
}

/* Is the difference told by that of its table?  Row count and columns of a table that came or went
 * are, and a column that came or went with a changed set of columns. */
static bool told_by_table(const struct zpl_ingredients *before, const struct zpl_ingredients *now,
                          const struct zpl_ingredient *item)
{
    if (item->kind != ZPL_ING_ROWS && item->kind != ZPL_ING_COLUMN)
        return false;
    const struct zpl_ingredient *was = order_of(before, item);
    const struct zpl_ingredient *is = order_of(now, item);
    if (was == NULL || is == NULL)
        return was != is;
    return item->kind == ZPL_ING_COLUMN && strcmp(was->value, is->value) != 0;
}

/* A text on one line, cut around the place where it differs from `other` when it is long. */
static const char *excerpt(const char *text, const char *other, struct zpl_arena *arena)
{
    size_t same = 0;
    while (text[same] != '\0' && text[same] == other[same])
        same++;
    bool whole = strnlen(text, EXCERPT_MAX + 1) <= EXCERPT_MAX;
    size_t from = !whole && same > EXCERPT_MAX / 3 ? same - EXCERPT_MAX / 3 : 0;
    while (from > 0 && ((unsigned char)text[from] & 0xC0) == 0x80)
        from--;
    size_t n = strnlen(text + from, EXCERPT_MAX);
    while (n > 0 && ((unsigned char)text[from + n] & 0xC0) == 0x80)
        n--;
    char *line = zpl_arena_printf(arena, "%s%.*s%s", from > 0 ? "…" : "", (int)n, text + from,
                                  text[from + n] != '\0' ? "…" : "");
    for (char *p = line; p != NULL && *p != '\0'; p++)
        if (*p == '\n' || *p == '\t' || *p == '\r')
            *p = ' ';
    return line;
}

/* "input.column" as "column of input". */
static const char *column_words(const char *name, struct zpl_arena *arena)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return name;
    return zpl_arena_printf(arena, "column %s of %.*s", dot + 1, (int)(dot - name), name);
}

/* "what: old → new". */
static const char *from_to(const char *what, const char *old, const char *new,
                           struct zpl_arena *arena)
{
    const char *before = excerpt(old, new, arena);
    const char *after = excerpt(new, old, arena);
    if (what == NULL || before == NULL || after == NULL)
        return NULL;
    return zpl_arena_printf(arena, "%s: %s → %s", what, before, after);
}

/* ---- commands ---- */

/* A text of a command's body as a program writes it. */
static const char *quoted(const struct zpl_json *text, struct zpl_arena *arena)
{
    struct zpl_buf out = {0};
    size_t n;
    const char *s = zpl_json_strn(text, &n);
    zpl_literal_quote(s != NULL ? s : "", s != NULL ? n : 0, &out);
    const char *copy = zpl_arena_strdup(arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return copy;
}

static bool same_text(const struct zpl_json *a, const struct zpl_json *b)
{
    return strcmp(zpl_json_str(a, ""), zpl_json_str(b, "")) == 0;
}

/* "what "x" is new", for `count` words from number `from`. */
static void words_moved(const struct zpl_json *words, size_t from, size_t count, const char *how,
                        struct zpl_reasons *out, struct zpl_arena *arena)
{
    for (size_t i = from; i < from + count; i++) {
        const char *word = quoted(zpl_json_at(words, i), arena);
        if (word != NULL)
            reason(out, arena,
                   zpl_arena_printf(arena, "command word %zu %s %s", i + 1,
                                    excerpt(word, "", arena), how));
    }
}

/* Words between those that the commands begin and end alike with. */
static void words_differ(const struct zpl_json *old, const struct zpl_json *new,
                         struct zpl_reasons *out, struct zpl_arena *arena)
{
    size_t before = zpl_json_count(old), after = zpl_json_count(new), same = 0;
    while (same < before && same < after &&
           same_text(zpl_json_at(old, same), zpl_json_at(new, same)))
        same++;
    while (before > same && after > same &&
           same_text(zpl_json_at(old, before - 1), zpl_json_at(new, after - 1))) {
        before--;
        after--;
    }
    size_t both = before < after ? before : after;
    for (size_t i = same; i < both; i++) {
        const char *was = quoted(zpl_json_at(old, i), arena);
        const char *is = quoted(zpl_json_at(new, i), arena);
        if (was != NULL && is != NULL && strcmp(was, is) != 0)
            reason(out, arena,
                   from_to(zpl_arena_printf(arena, "command word %zu", i + 1), was, is, arena));
    }
    words_moved(new, both, after - both, "is new", out, arena);
    words_moved(old, both, before - both, "is gone", out, arena);
}

/* Variables with a value; with `gone` those that only `old` has, else the others. */
static void vars_differ(const struct zpl_json *old, const struct zpl_json *new, bool gone,
                        struct zpl_reasons *out, struct zpl_arena *arena)
{
    const struct zpl_json *list = gone ? old : new, *other = gone ? new : old;
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const char *name = zpl_json_key_at(list, i);
        const struct zpl_json *was = zpl_json_get(other, name);
        const char *value = quoted(zpl_json_value_at(list, i), arena);
        const char *what = zpl_arena_printf(arena, "vars.%s", name);
        if (what == NULL || value == NULL)
            return;
        if (was == NULL)
            reason(out, arena,
                   zpl_arena_printf(arena, "%s: %s %s", what, gone ? "no longer" : "now",
                                    excerpt(value, "", arena)));
        else if (!gone && !same_text(was, zpl_json_value_at(list, i)))
            reason(out, arena, from_to(what, quoted(was, arena), value, arena));
    }
}

/* Names that `list` has and `other` has not. */
static void names_differ(const struct zpl_json *list, const struct zpl_json *other,
                         const char *before, const char *behind, struct zpl_reasons *out,
                         struct zpl_arena *arena)
{
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        bool met = false;
        for (size_t k = 0; k < zpl_json_count(other); k++)
            met = met || same_text(zpl_json_at(list, i), zpl_json_at(other, k));
        if (!met)
            reason(out, arena,
                   zpl_arena_printf(arena, "%s%s %s", before,
                                    zpl_json_str(zpl_json_at(list, i), ""), behind));
    }
}

/* One text of the body, which it may have or not. */
static void texts_differ(const char *what, const struct zpl_json *old, const struct zpl_json *new,
                         struct zpl_reasons *out, struct zpl_arena *arena)
{
    if (!same_text(old, new))
        reason(out, arena,
               from_to(what, zpl_json_str(old, "none"), zpl_json_str(new, "none"), arena));
}

/* Everything that two bodies which are programs differ in: words, function, variables, declared files. */
static void program_differs(const char *old, const char *new, struct zpl_reasons *out,
                            struct zpl_arena *arena)
{
    struct zpl_json *was = NULL, *is = NULL;
    if (zpl_json_parse(old, strlen(old), &was, NULL) == ZPL_OK &&
        zpl_json_parse(new, strlen(new), &is, NULL) == ZPL_OK) {
        const struct zpl_json *a = zpl_json_get(was, "vars"), *b = zpl_json_get(is, "vars");
        words_differ(zpl_json_get(was, "command"), zpl_json_get(is, "command"), out, arena);
        texts_differ("function", zpl_json_get(was, "python"), zpl_json_get(is, "python"), out,
                     arena);
        texts_differ("env", zpl_json_get(was, "env"), zpl_json_get(is, "env"), out, arena);
        vars_differ(a, b, false, out, arena);
        vars_differ(a, b, true, out, arena);
        a = zpl_json_get(was, "pass");
        b = zpl_json_get(is, "pass");
        names_differ(b, a, "vars.", "is passed on now", out, arena);
        names_differ(a, b, "vars.", "is passed on no longer", out, arena);
        a = zpl_json_get(was, "files");
        b = zpl_json_get(is, "files");
        names_differ(b, a, "files: ", "is new", out, arena);
        names_differ(a, b, "files: ", "is gone", out, arena);
        bool had = zpl_json_truth(zpl_json_get(was, "network"), false);
        if (had != zpl_json_truth(zpl_json_get(is, "network"), false))
            reason(out, arena, had ? "network: no longer" : "network: now");
    }
    zpl_json_release(was);
    zpl_json_release(is);
}

/* ---- files of a source ---- */

/* Is it a file of a source step, one or one of several? */
static bool is_source_file(const struct zpl_ingredient *item)
{
    return item->kind == ZPL_ING_SOURCE &&
           (strcmp(item->name, "path") == 0 || zpl_user_file_is_numbered(item->name));
}

static size_t count_source_files(const struct zpl_ingredients *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += is_source_file(&list->items[i]);
    return count;
}

/* The file of that path; looks at *hint first, as above. */
static const struct zpl_ingredient *find_file(const struct zpl_ingredients *list, const char *path,
                                              size_t *hint)
{
    for (size_t n = 0; n < list->count; n++) {
        size_t i = (*hint + n) % list->count;
        if (is_source_file(&list->items[i]) && list->items[i].shown != NULL &&
            strcmp(list->items[i].shown, path) == 0) {
            *hint = i + 1;
            return &list->items[i];
        }
    }
    return NULL;
}

/* Files that are read as one table are told by their paths: by number, one that came would move all
 * behind it. */
static void files_differ(const struct zpl_ingredients *before, const struct zpl_ingredients *now,
                         struct zpl_reasons *out, struct zpl_arena *arena)
{
    size_t hint = 0, told = out->count, next = 0;
    bool moved = false;
    for (size_t i = 0; i < now->count; i++) {
        const struct zpl_ingredient *item = &now->items[i];
        if (!is_source_file(item) || item->shown == NULL)
            continue;
        const struct zpl_ingredient *old = find_file(before, item->shown, &hint);
        moved = moved || (old != NULL && strcmp(old->name, item->name) != 0);
        if (old == NULL)
            reason(out, arena, zpl_arena_printf(arena, "file %s is new", item->shown));
        else if (strcmp(old->value, item->value) != 0)
            reason(out, arena, zpl_arena_printf(arena, "other content in %s", item->shown));
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct zpl_ingredient *item = &before->items[i];
        if (is_source_file(item) && item->shown != NULL &&
            find_file(now, item->shown, &next) == NULL)
            reason(out, arena, zpl_arena_printf(arena, "file %s is gone", item->shown));
    }
    if (moved && out->count == told)
        reason(out, arena, "its files are read in another order");
}

/* Do the lists hold the same files in the same order, as far as the key knows? */
static bool same_files(const struct zpl_ingredients *before, const struct zpl_ingredients *now)
{
    size_t hint = 0;
    if (count_source_files(before) != count_source_files(now))
        return false;
    for (size_t i = 0; i < now->count; i++) {
        if (!is_source_file(&now->items[i]))
            continue;
        const struct zpl_ingredient *old = find(before, &now->items[i], &hint);
        if (old == NULL || strcmp(old->value, now->items[i].value) != 0)
            return false;
    }
    return true;
}

/* ---- all of it ---- */

/* A param's name; that of a scalar in SQL without its $. */
static const char *param_name(const struct zpl_ingredient *item)
{
    return item->name[0] == '$' ? item->name + 1 : item->name;
}

/* One ingredient that is in both lists with another value. */
static const char *changed(const struct zpl_ingredient *before, const struct zpl_ingredient *now,
                           struct zpl_arena *arena)
{
    const char *old = before->shown != NULL ? before->shown : before->value;
    const char *new = now->shown != NULL ? now->shown : now->value;
    switch (now->kind) {
    case ZPL_ING_FORMAT:
        return "this version of zpl makes keys in another way";
    case ZPL_ING_KERNEL:
        return zpl_arena_printf(arena, "the code of %s changed", now->name);
    case ZPL_ING_ENGINE:
        return zpl_arena_printf(arena, "%s → %s", old, new);
    case ZPL_ING_BODY:
        if (before->shown == NULL || now->shown == NULL || strcmp(old, new) == 0)
            return zpl_arena_printf(arena, "the %s body changed", now->name);
        return from_to(now->name, old, new, arena);
    case ZPL_ING_MODULE:
        return zpl_arena_printf(arena, "%s changed", now->name);
    case ZPL_ING_PACKAGE:
        return zpl_arena_printf(arena, "%s %s → %s", now->name, old, new);
    case ZPL_ING_WORKERS:
        return from_to(now->name, old, new, arena);
    case ZPL_ING_BINDING:
        return from_to(zpl_arena_printf(arena, "columns %s", now->name), old, new, arena);
    case ZPL_ING_PARAM:
        return from_to(param_name(now), old, new, arena);
    case ZPL_ING_OUTPUT:
        return from_to(zpl_arena_printf(arena, "type of output %s", now->name), old, new, arena);
    case ZPL_ING_WANTS:
        return from_to(
            zpl_arena_printf(arena, "what is needed of %s", column_words(now->name, arena)), old,
            new, arena);
    case ZPL_ING_SOURCE:
        return zpl_arena_printf(arena, "other content in %s", new);
    case ZPL_ING_INPUT:
        return zpl_arena_printf(arena, "other content in %s", now->name);
    case ZPL_ING_ROWS:
        return zpl_arena_printf(arena, "rows of %s: %s → %s", now->name, old, new);
    case ZPL_ING_ORDER:
        return from_to(zpl_arena_printf(arena, "columns read of %s", now->name), old, new, arena);
    case ZPL_ING_COLUMN:
        return zpl_arena_printf(arena, "other content in %s", column_words(now->name, arena));
    case ZPL_ING_KINDS:
        break;
    }
    return NULL;
}

/* One that only one of the lists has. */
static const char *came_or_went(const struct zpl_ingredient *item, bool came,
                                struct zpl_arena *arena)
{
    const char *shown = item->shown != NULL ? item->shown : item->value;
    if (item->kind == ZPL_ING_PARAM || item->kind == ZPL_ING_WORKERS)
        return came ? zpl_arena_printf(arena, "%s: now %s", param_name(item), shown)
                    : zpl_arena_printf(arena, "%s: no longer %s", param_name(item), shown);
    if (item->kind == ZPL_ING_WANTS)
        return zpl_arena_printf(arena, "%s is %s held to %s", column_words(item->name, arena),
                                came ? "now" : "no longer", shown);
    if (item->kind == ZPL_ING_MODULE)
        return zpl_arena_printf(arena, "%s is imported %s", item->name, came ? "now" : "no longer");
    if (item->kind == ZPL_ING_PACKAGE)
        return zpl_arena_printf(arena, "%s %s is used %s", item->name, shown,
                                came ? "now" : "no longer");
    const char *kind = item->kind == ZPL_ING_ORDER    ? "input"
                       : item->kind == ZPL_ING_SOURCE ? "file"
                                                      : zpl_ingredient_kind_name(item->kind);
    return zpl_arena_printf(arena, "%s %s %s", kind, item->name, came ? "is new" : "is gone");
}

/* Every difference once. */
void zpl_why_compare(const struct zpl_ingredients *before, const struct zpl_ingredients *now,
                     struct zpl_reasons *out, struct zpl_arena *arena)
{
    size_t hint = 0;
    bool several = count_source_files(before) > 1 || count_source_files(now) > 1;
    if (several && !same_files(before, now))
        files_differ(before, now, out, arena);
    for (size_t i = 0; i < now->count; i++) {
        const struct zpl_ingredient *item = &now->items[i];
        if (several && is_source_file(item))
            continue;
        const struct zpl_ingredient *old = find(before, item, &hint);
        size_t told = out->count;
        bool differs = old != NULL && strcmp(old->value, item->value) != 0;
        if (differs && item->kind == ZPL_ING_BODY && zpl_body_kind(item->name)->program &&
            old->shown != NULL && item->shown != NULL)
            program_differs(old->shown, item->shown, out, arena);
        if (differs && out->count == told)
            reason(out, arena, changed(old, item, arena));
        else if (old == NULL && !told_by_table(before, now, item))
            reason(out, arena, came_or_went(item, true, arena));
    }
    hint = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct zpl_ingredient *item = &before->items[i];
        if (several && is_source_file(item))
            continue;
        if (find(now, item, &hint) == NULL && !told_by_table(before, now, item))
            reason(out, arena, came_or_went(item, false, arena));
    }
}

/* Of a step that has not worked yet. */
static enum zpl_err never_done(struct zpl_plan *plan, uint32_t id, struct zpl_metadata *metadata,
                               struct zpl_reasons *out, struct zpl_arena *arena)
{
    struct zpl_step_row row;
    enum zpl_err err =
        metadata->step_failed(metadata->self, plan->graph->pipeline, plan->graph->nodes[id].name,
                              &row, arena, &plan->session->diags);
    if (err == ZPL_OK)
        reason(out, arena, zpl_arena_printf(arena, "it failed in run %lld", (long long)row.run));
    else if (err == ZPL_ERR_NOT_FOUND)
        reason(out, arena, "first time in this pipeline");
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Against the last time in the store. */
enum zpl_err zpl_why(struct zpl_plan *plan, uint32_t id, struct zpl_reasons *out,
                     struct zpl_arena *arena)
{
    struct zpl_metadata *metadata;
    struct zpl_step_row last;
    struct zpl_ingredients before;
    memset(out, 0, sizeof *out);
    if (plan->steps[id].gone) {
        reason(out, arena,
               zpl_effect_is(&plan->graph->nodes[id]) ? "what it did is not so any more"
                                                      : "what it made is gone from the store");
        return ZPL_OK;
    }
    enum zpl_err err = zpl_session_metadata(plan->session, true, &metadata);
    if (err != ZPL_OK)
        return err;
    err = metadata->step_last(metadata->self, plan->graph->pipeline, plan->graph->nodes[id].name,
                              &last, arena, &plan->session->diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return never_done(plan, id, metadata, out, arena);
    if (err != ZPL_OK)
        return err;
    out->known = zpl_ingredients_read(last.ingredients, &before, arena);
    out->last_run = last.run;
    if (!out->known)
        reason(out, arena, "what it was made of last time can't be read");
    else
        zpl_why_compare(&before, &plan->steps[id].ingredients, out, arena);
    if (out->count == 0)
        reason(out, arena,
               plan->no_cache ? "--no-cache was asked for" : "its last row is not kept");
    return ZPL_OK;
}

/* "rounds: 100 → 200; other content in column late of train; and 2 more". */
const char *zpl_reasons_text(const struct zpl_reasons *reasons, struct zpl_arena *arena)
{
    struct zpl_buf out = {0};
    for (size_t i = 0; i < reasons->count && i < SHOWN_MAX; i++)
        zpl_buf_printf(&out, "%s%s", i > 0 ? "; " : "", reasons->texts[i]);
    if (reasons->count > SHOWN_MAX)
        zpl_buf_printf(&out, "; and %zu more", reasons->count - SHOWN_MAX);
    const char *text = zpl_arena_strdup(arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return text;
}
