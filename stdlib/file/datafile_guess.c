/* datafile_guess.c - the type of a column by the kinds of its values, and what made it so.
 * Floor: stdlib. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/file/datafile_format.h"

#define BIT(kind) (1u << ZPL_SEEN_##kind)

#define NUMBERS (BIT(BINARY) | BIT(WHOLE) | BIT(LONG) | BIT(REAL) | BIT(NAMED) | BIT(BIG))
#define TEXTS   (BIT(ZEROS) | BIT(WORD) | BIT(COMMA) | BIT(TEXT))

unsigned zpl_datafile_kinds(const struct zpl_datafile_seen *seen)
{
    unsigned kinds = 0;
    for (unsigned i = ZPL_SEEN_NONE + 1; i < ZPL_SEEN_KINDS; i++)
        if (seen->counts[i] > 0)
            kinds |= 1u << i;
    return kinds;
}

static bool only(unsigned kinds, unsigned allowed)
{
    return kinds != 0 && (kinds & ~allowed) == 0;
}

enum zpl_kind zpl_datafile_common(unsigned kinds)
{
    if (only(kinds, BIT(BINARY) | BIT(WHOLE) | BIT(LONG)))
        return ZPL_INT;
    if (only(kinds, BIT(BINARY) | BIT(WHOLE) | BIT(REAL) | BIT(NAMED)))
        return ZPL_FLOAT;
    if (only(kinds, BIT(LOGICAL)))
        return ZPL_BOOL;
    if (only(kinds, BIT(DATE)))
        return ZPL_DATE;
    if (only(kinds, BIT(DATE) | BIT(TIME)))
        return ZPL_TIMESTAMP;
    if (only(kinds, BIT(DATE) | BIT(TIME) | BIT(NAMED) | TEXTS) || only(kinds, NUMBERS))
        return ZPL_STRING;
    return ZPL_JSON;
}

/* ---- clues ---- */

static int64_t count_of(const struct zpl_datafile_seen *seen, unsigned kinds)
{
    int64_t count = 0;
    for (unsigned i = 0; i < ZPL_SEEN_KINDS; i++)
        count += kinds >> i & 1 ? seen->counts[i] : 0;
    return count;
}

/* The kind among these whose first value stands before the others'; NONE: there is none. */
static unsigned first_of(const struct zpl_datafile_seen *seen, unsigned kinds)
{
    unsigned first = ZPL_SEEN_NONE;
    for (unsigned i = ZPL_SEEN_NONE + 1; i < ZPL_SEEN_KINDS; i++)
        if ((kinds >> i & 1) && seen->counts[i] > 0 &&
            (first == ZPL_SEEN_NONE || seen->first_row[i] < seen->first_row[first]))
            first = i;
    return first;
}

/* "17 of 20 values are numbers; <what> stands in row 4: 'n/a'<advice>" */
static const char *tell(const struct zpl_datafile_seen *seen, int64_t of, const char *words,
                        const char *what, unsigned kind, const char *advice,
                        struct zpl_arena *arena)
{
    struct zpl_buf in = {0}, total = {0}, at = {0};
    zpl_text_show_count(&in, (uint64_t)of);
    zpl_text_show_count(&total, (uint64_t)count_of(seen, ~0u));
    zpl_text_show_count(&at, (uint64_t)seen->first_row[kind]);
    const char *clue =
        zpl_arena_printf(arena, "%s of %s values are %s; %s stands in row %s: %s%s",
                         zpl_buf_str(&in), zpl_buf_str(&total), words, what, zpl_buf_str(&at),
                         seen->first[kind] != NULL ? seen->first[kind] : "", advice);
    zpl_buf_release(&in);
    zpl_buf_release(&total);
    zpl_buf_release(&at);
    return clue;
}

/* How a query makes a Float of a column whose numbers are written as this one, with a comma. */
static void comma_cure(const char *value, const char *column, struct zpl_buf *out)
{
    const char *point = strchr(value, '.'), *comma = strchr(value, ',');
    struct zpl_buf name = {0};
    zpl_duck_ident(&name, column);
    const char *x = zpl_buf_str(&name);
    if (comma != NULL && point != NULL && point < comma)
        zpl_buf_printf(out, "CAST(replace(replace(%s, '.', ''), ',', '.') AS DOUBLE)", x);
    else if (comma != NULL && (point != NULL || strchr(comma + 1, ',') != NULL))
        zpl_buf_printf(out, "CAST(replace(%s, ',', '') AS DOUBLE)", x);
    else
        zpl_buf_printf(out, "CAST(replace(%s, ',', '.') AS DOUBLE) where it is a decimal comma", x);
    zpl_buf_release(&name);
}

/* Numbers with a comma in them, and how a query makes Floats of them. */
static const char *comma_clue(const struct zpl_datafile_seen *seen, int64_t numbers,
                              const char *column, struct zpl_arena *arena)
{
    struct zpl_buf advice = {0};
    zpl_buf_puts(&advice, "; a query makes it a Float: ");
    comma_cure(seen->first[ZPL_SEEN_COMMA] != NULL ? seen->first[ZPL_SEEN_COMMA] : "", column,
               &advice);
    const char *clue = tell(seen, numbers, "numbers, some of them with a comma", "the first such",
                            ZPL_SEEN_COMMA, zpl_buf_str(&advice), arena);
    zpl_buf_release(&advice);
    return clue;
}

const char *zpl_datafile_clue(const struct zpl_datafile_seen *seen, const char *column,
                              enum zpl_kind type, struct zpl_arena *arena)
{
    static const struct {
        unsigned kinds;
        const char *words;
    } families[] = {{NUMBERS, "numbers"},           {BIT(DATE) | BIT(TIME), "days or times"},
                    {BIT(LOGICAL), "truth values"}, {TEXTS, "texts"},
                    {BIT(ARRAY), "lists"},          {BIT(OBJECT), "objects"}};
    unsigned kinds = zpl_datafile_kinds(seen);
    int64_t all = count_of(seen, ~0u), words = count_of(seen, BIT(WORD));
    int64_t numbers = count_of(seen, NUMBERS | BIT(COMMA));
    if (kinds & BIT(COMMA) && numbers * 2 >= all)
        return comma_clue(seen, numbers, column, arena);
    if (words > 0 && words == all)
        return tell(seen, words, "yes or no in other words than true and false", "the first",
                    ZPL_SEEN_WORD, "; a column that is declared as Bool takes them", arena);
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        int64_t in = count_of(seen, families[f].kinds);
        unsigned first = first_of(seen, kinds & ~families[f].kinds);
        bool plain = type == ZPL_STRING && families[f].kinds & BIT(TEXT);
        if (in * 2 >= all && first != ZPL_SEEN_NONE && !plain)
            return tell(seen, in, families[f].words, "the first that is not", first, "", arena);
    }
    if (only(kinds, NUMBERS) && zpl_datafile_common(kinds) == ZPL_STRING)
        return tell(seen, numbers, "numbers, but no Int and no Float holds them all",
                    "the first that makes it so", first_of(seen, BIT(BIG) | BIT(LONG)), "", arena);
    return NULL;
}

/* ---- values that do not fit ---- */

/* Is the text a whole number?  Its digits begin at *digits. */
static bool is_whole(const char *s, const char **digits)
{
    s += strspn(s, " \t");
    s += *s == '+' || *s == '-';
    *digits = s;
    size_t n = strspn(s, "0123456789");
    return n > 0 && s[n + strspn(s + n, " \t")] == '\0';
}

static bool is_number(const char *s)
{
    char *end;
    strtod(s, &end);
    return end != s && end[strspn(end, " \t")] == '\0' && strpbrk(s, "xX") == NULL;
}

/* Is it a number but for its commas and points? */
static bool has_comma(const char *s)
{
    return strchr(s, ',') != NULL && strspn(s, "0123456789+-., ") == strlen(s) &&
           strpbrk(s, "0123456789") != NULL;
}

struct zpl_datafile_advice zpl_datafile_advise(const char *value, const char *column,
                                               const struct zpl_type *to, struct zpl_arena *arena)
{
    struct zpl_datafile_advice out = {.type = "String", .more = ""};
    const char *digits;
    bool whole = is_whole(value, &digits), json = value[0] == '{' || value[0] == '[';
    out.words = zpl_arena_printf(arena, "which is no %s", zpl_type_text(to, true, arena));
    if (to->kind == ZPL_INT && whole && digits[0] == '0')
        out.words = "which begins with a zero, as no Int does";
    else if (to->kind == ZPL_INT && whole)
        out.words = "which does not fit an Int, which has 64 bits";
    else if (to->kind == ZPL_FLOAT && whole)
        out.words = "which is no Float, which has 53 bits";
    else if (to->kind == ZPL_INT && is_number(value))
        out.type = "Float";
    else if (to->kind == ZPL_DATE && strlen(value) > 10 && value[4] == '-' && value[7] == '-')
        out.type = "Timestamp";
    else if (json)
        out.type = "Json";
    if ((to->kind == ZPL_INT || to->kind == ZPL_FLOAT) && has_comma(value)) {
        struct zpl_buf more = {0};
        zpl_buf_puts(&more, "; a query makes it a Float: ");
        comma_cure(value, column, &more);
        out.more = zpl_arena_strdup(arena, zpl_buf_str(&more));
        zpl_buf_release(&more);
    }
    return out;
}

/* The kinds of which a text may be a value of the type: of days and times there are other ways to
 * write them, which are texts here. */
static unsigned kinds_for(const struct zpl_type *type)
{
    switch (type->kind) {
    case ZPL_INT:
        return BIT(BINARY) | BIT(WHOLE) | BIT(LONG) | BIT(ZEROS);
    case ZPL_FLOAT:
        return NUMBERS | BIT(ZEROS);
    case ZPL_BOOL:
        return BIT(BINARY) | BIT(LOGICAL) | BIT(WORD);
    case ZPL_DATE:
    case ZPL_TIMESTAMP:
        return BIT(DATE) | BIT(TIME) | BIT(TEXT);
    default:
        return ~0u;
    }
}

const char *zpl_datafile_mistyped(const struct zpl_datafile_seen *seen,
                                  const struct zpl_column *column, const struct zpl_type *declared,
                                  struct zpl_arena *arena)
{
    unsigned wrong = zpl_datafile_kinds(seen) & ~kinds_for(declared);
    int64_t in = count_of(seen, wrong), all = count_of(seen, ~0u);
    const char *quoted = seen->first[first_of(seen, wrong)];
    if (in * 2 <= all || quoted == NULL)
        return NULL;
    const char *value = zpl_arena_strndup(arena, quoted + 1, strlen(quoted) - 2);
    if (value == NULL)
        return NULL;
    const struct zpl_datafile_advice advice =
        zpl_datafile_advise(value, column->name, declared, arena);
    struct zpl_buf some = {0}, total = {0}, at = {0};
    zpl_text_show_count(&some, (uint64_t)in);
    zpl_text_show_count(&total, (uint64_t)all);
    zpl_text_show_count(&at, (uint64_t)seen->first_row[first_of(seen, wrong)]);
    const char *words = zpl_arena_printf(
        arena,
        "holds %s, but %s is declared: %s of %s values are none; row %s has %s, %s (%s keeps it)",
        zpl_type_text(column->type, true, arena), zpl_type_text(declared, true, arena),
        zpl_buf_str(&some), zpl_buf_str(&total), zpl_buf_str(&at), quoted, advice.words,
        advice.type);
    zpl_buf_release(&some);
    zpl_buf_release(&total);
    zpl_buf_release(&at);
    return words;
}
