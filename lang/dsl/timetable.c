/* schedule = { cron = "0 6 * * *", timezone = "Europe/Berlin", sets = "day" }: when a pipeline is to run.
 * Checked and recorded with the graph; whoever starts runs reads it there. */
#include <ctype.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/declare.h"

/* What each of the five fields may say, in their order. */
static const struct {
    const char *name;
    long least, most;
    const char *words; /* three letters each, from `least` on; NULL: none */
} cron_fields[] = {{"minute", 0, 59, NULL},
                   {"hour", 0, 23, NULL},
                   {"day of month", 1, 31, NULL},
                   {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
                   {"day of week", 0, 7, "SUNMONTUEWEDTHUFRISAT"}};
enum { CRON_FIELDS = sizeof cron_fields / sizeof *cron_fields };

/* A number or a three-letter word of field `f`; -1 when there is none.  *s moves behind it. */
static long cron_value(const char **s, size_t f)
{
    const char *words = cron_fields[f].words;
    if (isdigit((unsigned char)**s))
        return strtol(*s, (char **)(uintptr_t)s, 10);
    for (size_t i = 0; words && words[i]; i += 3) {
        if (strncasecmp(*s, words + i, 3) != 0)
            continue;
        *s += 3;
        return cron_fields[f].least + (long)(i / 3);
    }
    return -1;
}

/* `*`, `5`, `MON-FRI`, each maybe with `/2`. */
static bool cron_part(const char **s, size_t f)
{
    long low = cron_fields[f].least, high = cron_fields[f].most, step = 1;
    if (**s == '*') {
        ++*s;
    } else {
        low = high = cron_value(s, f);
        if (**s == '-') {
            ++*s;
            high = cron_value(s, f);
        }
    }
    if (**s == '/') {
        ++*s;
        step = isdigit((unsigned char)**s) ? cron_value(s, f) : -1;
    }
    return low >= cron_fields[f].least && low <= high && high <= cron_fields[f].most && step > 0;
}

/* The first field that can't be read, CRON_FIELDS when all can, one more when something follows. */
static size_t bad_cron_field(const char *s)
{
    for (size_t f = 0; f < CRON_FIELDS; f++) {
        while (*s == ' ')
            s++;
        do {
            if (!cron_part(&s, f))
                return f;
        } while (*s == ',' && *s++);
        if (*s && *s != ' ')
            return f;
    }
    while (*s == ' ')
        s++;
    return *s ? CRON_FIELDS + 1 : CRON_FIELDS;
}

/* Is it the name of a zone, as "Europe/Berlin" or "UTC", and not one that there is not? */
static bool is_zone(const struct zpl_world *world, const char *s)
{
    bool spelt =
        *s &&
        s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] == '\0';
    return spelt && (!world->has_zone || world->has_zone(world->resolve_self, s));
}

static void tell(lua_State *L, struct zpl_site where, const char *words, const char *help)
{
    zpl_host_help(L, zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "%s", words), "%s",
                  help);
}

/* The text of a field, or NULL. */
static const char *text_of(const struct zpl_literal *record, const char *name)
{
    const struct zpl_literal *field = zpl_literal_field(record, name);
    if (!field)
        return NULL;
    return field->kind == ZPL_LIT_STRING ? field->as.str.s : "";
}

static void check_names(lua_State *L, const struct zpl_literal *record, struct zpl_site where)
{
    static const char *const names[] = {"cron", "sets", "timezone"};
    for (size_t i = 0; i < record->as.list.count; i++) {
        const char *name = record->as.list.keys[i];
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            known = known || strcmp(name, names[k]) == 0;
        if (!known)
            zpl_host_nearest(L,
                             zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(where, name),
                                           "a schedule has no '%s'", name),
                             name, names, sizeof names / sizeof *names);
    }
}

/* Does a param of that name take the day? */
static bool takes_time(const struct zpl_pipeline_def *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->take_count; i++)
        if (strcmp(pipeline->takes[i].name, name) == 0)
            return pipeline->takes[i].type->kind == ZPL_DATE ||
                   pipeline->takes[i].type->kind == ZPL_TIMESTAMP;
    return false;
}

const struct zpl_literal *zpl_read_schedule(lua_State *L, const struct zpl_pipeline_def *pipeline,
                                            struct zpl_site where)
{
    const struct zpl_literal *record = zpl_read_literal(L, -1, where);
    if (!record || record->kind != ZPL_LIT_RECORD) {
        tell(L, where, "schedule takes a table",
             "write `schedule = { cron = \"0 6 * * *\", timezone = \"Europe/Berlin\" }`");
        return NULL;
    }
    check_names(L, record, where);
    const char *cron = text_of(record, "cron"), *zone = text_of(record, "timezone");
    const char *sets = text_of(record, "sets");
    size_t bad = cron ? bad_cron_field(cron) : CRON_FIELDS + 1;
    if (bad < CRON_FIELDS) {
        const char *words =
            zpl_arena_printf(&zpl_host_of(L)->arena, "the %s of this cron text can't be read",
                             cron_fields[bad].name);
        tell(L, zpl_site_field(where, "cron"), zpl_host_need(L, words),
             "five fields: minute, hour, day of month, month, day of week; each *, 5, 1-5, 1,15 or "
             "*/10");
    } else if (bad > CRON_FIELDS) {
        tell(L, zpl_site_field(where, "cron"), "a schedule needs a cron text of five fields",
             "write `cron = \"0 6 * * *\"`: every day at 6:00");
    }
    if (zone && !is_zone(zpl_host_of(L)->world, zone))
        tell(L, zpl_site_field(where, "timezone"), "there is no time zone of this name",
             "write `timezone = \"Europe/Berlin\"`, or \"UTC\"");
    if (sets && !takes_time(pipeline, sets))
        tell(L, zpl_site_field(where, "sets"),
             "the pipeline has no Date or Timestamp param of this name",
             "`sets` names the param that is given the day of the run");
    return record;
}
