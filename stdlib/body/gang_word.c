/* gang_word.c - see gang_word.h.   Floor: stdlib. */
#include "stdlib/body/gang_word.h"

#include "lang/base/text.h"

static const char *const names[] = {
    [ZPL_GANG_HEARD] = "heard", [ZPL_GANG_PRINTED] = "printed", [ZPL_GANG_OVER] = "over",
    [ZPL_GANG_ENDED] = "ended", [ZPL_GANG_NOTED] = "noted",     [ZPL_GANG_BROKE] = "failed",
    [ZPL_GANG_ALIVE] = "alive"};
#define KINDS ((int)(sizeof names / sizeof *names))

static bool has_rank(enum zpl_gang_word_kind kind)
{
    return kind <= ZPL_GANG_ENDED;
}

static bool has_text(enum zpl_gang_word_kind kind)
{
    return kind != ZPL_GANG_OVER && kind != ZPL_GANG_ENDED && kind != ZPL_GANG_ALIVE;
}

static struct zpl_json *text_json(const struct zpl_gang_word *word)
{
    struct zpl_buf text = {0};
    zpl_text_scrub(&text, word->text, word->len);
    struct zpl_json *out =
        zpl_buf_error(&text) == ZPL_OK ? zpl_json_stringn(zpl_buf_str(&text), text.len) : NULL;
    zpl_buf_release(&text);
    return out;
}

enum zpl_err zpl_gang_word_put(struct zpl_buf *out, const struct zpl_gang_word *word)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *value = word->kind == ZPL_GANG_ENDED ? zpl_json_int(word->status)
                             : has_text(word->kind)       ? text_json(word)
                                                          : zpl_json_bool(true);
    zpl_json_set_take(o, names[word->kind], value);
    if (has_rank(word->kind))
        zpl_json_set_take(o, "rank", zpl_json_int(word->rank));
    if (word->kind == ZPL_GANG_ENDED)
        zpl_json_set_take(o, "tried", zpl_json_bool(word->tried));
    enum zpl_err err = zpl_json_write(o, false, out);
    zpl_json_release(o);
    zpl_buf_putc(out, '\n');
    return err == ZPL_OK ? zpl_buf_error(out) : err;
}

bool zpl_gang_word_take(const char *line, size_t len, struct zpl_gang_word *word,
                        struct zpl_json **keep)
{
    int kind = 0;
    *keep = NULL;
    if (zpl_json_parse(line, len, keep, NULL) != ZPL_OK)
        return false;
    while (kind < KINDS && zpl_json_get(*keep, names[kind]) == NULL)
        kind++;
    if (kind == KINDS)
        return false;
    const struct zpl_json *value = zpl_json_get(*keep, names[kind]);
    int64_t rank = zpl_json_i64(zpl_json_get(*keep, "rank"), -1);
    *word = (struct zpl_gang_word){.kind = (enum zpl_gang_word_kind)kind,
                                   .rank = (uint32_t)rank,
                                   .tried = zpl_json_truth(zpl_json_get(*keep, "tried"), false)};
    word->text = zpl_json_strn(value, &word->len);
    if (word->kind == ZPL_GANG_ENDED)
        word->status = (int)zpl_json_i64(value, 0);
    return (!has_rank(word->kind) || (rank >= 0 && rank <= UINT32_MAX)) &&
           (!has_text(word->kind) || word->text != NULL);
}
