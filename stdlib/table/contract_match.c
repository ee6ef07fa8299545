/* contract_match.c - see contract_match.h.   Floor: stdlib. */
#include "stdlib/table/contract_match.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "lang/base/regex.h"
#include "lang/base/text.h"
#include "lang/types/literal.h"

/* Verdicts that are remembered, of short texts: most columns of texts repeat their values. */
#define KNOWN       1024
#define KNOWN_BYTES 46

static const struct zpl_span nowhere;

struct known {
    uint8_t len; /* 1 + that of the text; 0: empty place */
    bool verdict;
    char text[KNOWN_BYTES];
};
/* What one function knows. */
struct judge {
    struct zpl_regex *regex; /* NULL: texts */
    char *what;              /* "column 'a'", in a complaint */
    char **texts;            /* NULL-terminated */
    struct known known[KNOWN];
};

static void judge_release(void *self)
{
    struct judge *judge = self;
    for (char **text = judge->texts; text != NULL && *text != NULL; text++)
        free(*text);
    free(judge->texts);
    free(judge->what);
    zpl_regex_release(judge->regex);
    free(judge);
}

/* Is the text the JSON of one of the judge's? */
static enum zpl_err judge_json(const struct judge *judge, const char *text, size_t len, bool *out)
{
    struct zpl_json *json = NULL;
    struct zpl_buf canonical = {0};
    enum zpl_err err = zpl_json_parse(text, len, &json, NULL);
    if (err == ZPL_OK)
        err = zpl_json_write(json, false, &canonical);
    *out = false;
    for (char **one = judge->texts; err == ZPL_OK && *one != NULL && !*out; one++)
        *out = strcmp(*one, zpl_buf_str(&canonical)) == 0;
    zpl_json_release(json);
    zpl_buf_release(&canonical);
    return err == ZPL_ERR_NOMEM ? err : ZPL_OK;
}

/* The place of a short text among those that are known; NULL for a long one. */
static struct known *place_of(struct judge *judge, const char *text, size_t len)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    if (len > KNOWN_BYTES)
        return NULL;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return &judge->known[(hash ^ hash >> 16) % KNOWN];
}

static enum zpl_err judge_text(struct judge *judge, const char *text, size_t len, bool *out)
{
    struct known *known = place_of(judge, text, len);
    if (known != NULL && known->len == len + 1 && memcmp(known->text, text, len) == 0) {
        *out = known->verdict;
        return ZPL_OK;
    }
    enum zpl_err err = judge->regex != NULL ? zpl_regex_test(judge->regex, text, len, out)
                                            : judge_json(judge, text, len, out);
    if (err == ZPL_OK && known != NULL) {
        known->len = (uint8_t)(len + 1);
        known->verdict = *out;
        if (len > 0)
            memcpy(known->text, text, len);
    }
    return err;
}

/* The query fails, and says which value it was. */
static void complain(duckdb_function_info info, const struct judge *judge, enum zpl_err err,
                     const char *text, size_t len)
{
    struct zpl_buf words = {0}, shown = {0};
    zpl_text_scrub(&shown, text, len < 60 ? len : 60);
    if (err == ZPL_ERR_NOMEM)
        zpl_buf_puts(&words, "out of memory");
    else
        zpl_buf_printf(&words, "%s takes too long on \"%s%s\"", judge->what, zpl_buf_str(&shown),
                       len > 60 ? "…" : "");
    zpl_duck_api()->scalar_function_set_error(info, zpl_buf_str(&words));
    zpl_buf_release(&words);
    zpl_buf_release(&shown);
}

static void judge_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    struct judge *judge = api->scalar_function_get_extra_info(info);
    duckdb_vector texts = api->data_chunk_get_vector(input, 0);
    const uint64_t *validity = api->vector_get_validity(texts);
    bool *out = api->vector_get_data(output);
    idx_t count = api->data_chunk_get_size(input);
    for (idx_t i = 0; i < count; i++) {
        size_t len;
        out[i] = false;
        if (validity != NULL && (validity[i / 64] >> (i % 64) & 1) == 0)
            continue;
        const char *text = zpl_duck_string(texts, i, &len);
        enum zpl_err err = judge_text(judge, text, len, &out[i]);
        if (err != ZPL_OK) {
            complain(info, judge, err, text, len);
            return;
        }
    }
}

/* Takes the judge, also on failure. */
static bool register_take(struct zpl_duck *duck, struct judge *judge, const char **name,
                          struct zpl_arena *arena, struct zpl_diags *diags)
{
    static unsigned long made; /* a session may hold several tables, and a name stands for one */
    const struct zpl_duck_api *api = duck->api;
    *name = zpl_arena_printf(arena, "zpl_judge_%lu", made++);
    if (*name == NULL) {
        judge_release(judge);
        zpl_diag_nomem(diags);
        return false;
    }
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type verdict = api->create_logical_type(DUCKDB_TYPE_BOOLEAN);
    api->scalar_function_set_name(function, *name);
    api->scalar_function_add_parameter(function, text);
    api->scalar_function_set_return_type(function, verdict);
    api->scalar_function_set_extra_info(function, judge, judge_release);
    api->scalar_function_set_function(function, judge_chunk);
    bool fine = api->register_scalar_function(duck->connection, function) == DuckDBSuccess;
    api->destroy_scalar_function(&function);
    api->destroy_logical_type(&text);
    api->destroy_logical_type(&verdict);
    if (!fine)
        zpl_duck_fail(diags, "a function could not be registered with DuckDB");
    return fine;
}

bool zpl_contract_match(struct zpl_duck *duck, const char *column, const char *pattern,
                        const char **name, struct zpl_arena *arena, struct zpl_diags *diags)
{
    char words[ZPL_REGEX_WORDS];
    struct zpl_buf what = {0};
    struct judge *judge = zpl_calloc(1, sizeof *judge);
    enum zpl_err err = judge != NULL ? zpl_regex_new(pattern, &judge->regex, words) : ZPL_ERR_NOMEM;
    zpl_buf_printf(&what, "column '%s' is to match ", column);
    zpl_literal_quote(pattern, strlen(pattern), &what);
    zpl_buf_puts(&what, ", which");
    if (err == ZPL_OK && (judge->what = zpl_strdup(zpl_buf_str(&what))) == NULL)
        err = ZPL_ERR_NOMEM;
    zpl_buf_release(&what);
    if (err == ZPL_OK)
        return register_take(duck, judge, name, arena, diags);
    if (judge != NULL)
        judge_release(judge);
    if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(diags);
    else
        zpl_diag_add(diags, ZPL_CODE_CONTRACT, nowhere, "match \"%s\" is no pattern: %s", pattern,
                     words);
    return false;
}

bool zpl_contract_json(struct zpl_duck *duck, const char *const *texts, const char **name,
                       struct zpl_arena *arena, struct zpl_diags *diags)
{
    size_t count = zpl_names_count(texts);
    struct judge *judge = zpl_calloc(1, sizeof *judge);
    bool fine = judge != NULL && (judge->texts = zpl_calloc(count + 1, sizeof *texts)) != NULL;
    for (size_t i = 0; fine && i < count; i++) {
        judge->texts[i] = zpl_strdup(texts[i]);
        fine = judge->texts[i] != NULL;
    }
    if (fine)
        return register_take(duck, judge, name, arena, diags);
    if (judge != NULL)
        judge_release(judge);
    zpl_diag_nomem(diags);
    return false;
}
