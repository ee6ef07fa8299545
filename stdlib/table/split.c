/* split.c - split and fold: rows into two disjoint tables.
 * Who goes where is decided by thresholds: row i has a number h(i); those with the smallest numbers are
 * the part that split calls `train`, those between two ranks the part that fold calls `test`.  h is the output of SplitMix64 at place i (G. L. Steele, D. Lea, C. H. Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014), which gives no number twice, so
 * there are no ties.   Floor: stdlib. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "stdlib/context.h"
#include "stdlib/table/write.h"

struct stratum {
    int64_t rows;
    int64_t from, to;   /* ranks of those that are in the part, from 0, `to` excluded */
    uint64_t low, high; /* their numbers are above low (unless from is 0) and at most high */
};
struct split {
    struct zpl_kernel_context *ctx;
    struct zpl_context *context;
    struct zpl_duck *duck;
    int64_t rows;
    double ratio;
    uint64_t seed;
    uint32_t *stratum_of; /* a row's stratum; NULL: there is one */
    struct stratum *strata;
    size_t stratum_count;
    char in_part[40]; /* the function that tells, in SQL */
};

/* The number of row i: state seed' + (i + 1)·γ, mixed. */
static uint64_t number_of(uint64_t seed, uint64_t i)
{
    uint64_t z = seed * 0xD1342543DE82EF95u + (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The k-th smallest (from 0) of n numbers, which are moved about.  C. A. R. Hoare's FIND
 * (Communications of the ACM 4, 1961). */
static uint64_t select_smallest(uint64_t *a, ptrdiff_t n, ptrdiff_t k)
{
    ptrdiff_t low = 0, high = n - 1;
    while (low < high) {
        uint64_t pivot = a[k];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i <= j) {
                uint64_t t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (j < k)
            low = i;
        if (k < i)
            high = j;
    }
    return a[k];
}

static bool is_in_part(const struct split *s, int64_t row)
{
    const struct stratum *stratum = &s->strata[s->stratum_of != NULL ? s->stratum_of[row] : 0];
    uint64_t number = number_of(s->seed, (uint64_t)row);
    return stratum->to > stratum->from && number <= stratum->high &&
           (stratum->from == 0 || number > stratum->low);
}

/* A stratum's share beyond what it was given. */
struct remainder {
    double size;
    size_t stratum;
};

static int by_remainder(const void *left, const void *right)
{
    const struct remainder *a = left, *b = right;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    return a->stratum < b->stratum ? -1 : 1;
}

/* Shares round(rows · ratio) out: each stratum gets its share rounded down, then the largest
 * remainders one more each, the first stratum first when they are equal. */
static int share(struct split *s)
{
    int64_t left = (int64_t)floor((double)s->rows * s->ratio + 0.5);
    struct remainder *remainders = zpl_calloc(s->stratum_count + 1, sizeof *remainders);
    if (remainders == NULL) {
        zpl_diag_nomem(s->context->diags);
        return 1;
    }
    for (size_t i = 0; i < s->stratum_count; i++) {
        double exact = (double)s->strata[i].rows * s->ratio;
        s->strata[i].to = (int64_t)floor(exact);
        left -= s->strata[i].to;
        remainders[i] = (struct remainder){exact - floor(exact), i};
    }
    qsort(remainders, s->stratum_count, sizeof *remainders, by_remainder);
    for (size_t i = 0; i < s->stratum_count && left > 0; i++) {
        struct stratum *stratum = &s->strata[remainders[i].stratum];
        if (stratum->to < stratum->rows) {
            stratum->to++;
            left--;
        }
    }
    free(remainders);
    return 0;
}

/* Finds each stratum's threshold. */
static int find_thresholds(struct split *s)
{
    uint64_t *numbers = zpl_malloc((size_t)s->rows * sizeof *numbers + 1);
    size_t *begin = zpl_calloc(s->stratum_count + 1, sizeof *begin);
    if (numbers == NULL || begin == NULL) {
        free(numbers);
        free(begin);
        zpl_diag_nomem(s->context->diags);
        return 1;
    }
    size_t at = 0;
    for (size_t i = 0; i < s->stratum_count; i++) {
        begin[i] = at;
        at += (size_t)s->strata[i].rows;
    }
    for (int64_t row = 0; row < s->rows; row++)
        numbers[begin[s->stratum_of != NULL ? s->stratum_of[row] : 0]++] =
            number_of(s->seed, (uint64_t)row);
    for (size_t i = 0; i < s->stratum_count; i++) {
        struct stratum *stratum = &s->strata[i];
        uint64_t *first = numbers + begin[i] - stratum->rows;
        if (stratum->to > stratum->from)
            stratum->high =
                select_smallest(first, (ptrdiff_t)stratum->rows, (ptrdiff_t)stratum->to - 1);
        if (stratum->from > 0)
            stratum->low =
                select_smallest(first, (ptrdiff_t)stratum->rows, (ptrdiff_t)stratum->from - 1);
    }
    free(numbers);
    free(begin);
    return 0;
}

static enum zpl_err keep_count(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(int64_t *)self = cells[0].i;
    return ZPL_OK;
}

static enum zpl_err keep_stratum(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct split *s = self;
    if (cells[0].i < 0 || cells[0].i >= s->rows || (size_t)cells[1].i >= s->stratum_count)
        ZPL_BUG("a row or stratum out of range");
    s->stratum_of[cells[0].i] = (uint32_t)cells[1].i;
    s->strata[cells[1].i].rows++;
    return ZPL_OK;
}

/* Runs `sql` with @ for the table and # for the column. */
static int ask(struct split *s, const char *sql, const char *column, zpl_duck_row_fn *row,
               void *self)
{
    struct zpl_buf text = {0};
    const char *path = s->ctx->input_path(s->ctx, "rows");
    for (; *sql != '\0'; sql++) {
        if (*sql == '@') {
            zpl_buf_puts(&text, "read_parquet(");
            zpl_duck_text(&text, path, strlen(path));
            zpl_buf_putc(&text, ')');
        } else if (*sql == '#')
            zpl_duck_ident(&text, column);
        else
            zpl_buf_putc(&text, *sql);
    }
    enum zpl_err err;
    if (zpl_buf_error(&text) != ZPL_OK)
        err = zpl_diag_nomem(s->context->diags);
    else if (row == NULL)
        err = zpl_duck_exec(s->duck, zpl_buf_str(&text), s->context->diags);
    else
        err = zpl_duck_each(s->duck, zpl_buf_str(&text), row, self, s->context->diags);
    zpl_buf_release(&text);
    return err != ZPL_OK;
}

/* Numbers the values of the column in the order in which they first appear; nulls are one of them. */
static int find_strata(struct split *s, const char *column)
{
    int64_t count = 0;
    if (ask(s,
            "CREATE TEMP TABLE zpl_strata AS SELECT v, row_number() OVER (ORDER BY first) - 1 AS "
            "id "
            "FROM (SELECT # AS v, min(file_row_number) AS first FROM @ GROUP BY #)",
            column, NULL, NULL) ||
        ask(s, "SELECT count(*)::BIGINT FROM zpl_strata", column, keep_count, &count))
        return 1;
    s->stratum_count = (size_t)count;
    s->strata = zpl_calloc(s->stratum_count + 1, sizeof *s->strata);
    s->stratum_of = zpl_calloc((size_t)s->rows + 1, sizeof *s->stratum_of);
    if (s->strata == NULL || s->stratum_of == NULL) {
        zpl_diag_nomem(s->context->diags);
        return 1;
    }
    return ask(
        s,
        "SELECT file_row_number, id::BIGINT FROM (SELECT file_row_number, # AS zpl_v FROM @) "
        "JOIN zpl_strata ON zpl_v IS NOT DISTINCT FROM v",
        column, keep_stratum, s);
}

/* (row number) → Bool, for SQL; its name is s->in_part. */
static void in_part(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    const struct split *s = api->scalar_function_get_extra_info(info);
    const int64_t *rows = api->vector_get_data(api->data_chunk_get_vector(input, 0));
    bool *out = api->vector_get_data(output);
    idx_t count = api->data_chunk_get_size(input);
    for (idx_t i = 0; i < count; i++)
        out[i] = is_in_part(s, rows[i]);
}

static int register_in_part(struct split *s)
{
    static unsigned long made; /* names are never used again */
    const struct zpl_duck_api *api = s->duck->api;
    snprintf(s->in_part, sizeof s->in_part, "zpl_in_part_%lu", made++);
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type row = api->create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_logical_type verdict = api->create_logical_type(DUCKDB_TYPE_BOOLEAN);
    api->scalar_function_set_name(function, s->in_part);
    api->scalar_function_add_parameter(function, row);
    api->scalar_function_set_return_type(function, verdict);
    api->scalar_function_set_extra_info(function, s, NULL);
    api->scalar_function_set_function(function, in_part);
    bool fine = api->register_scalar_function(s->duck->connection, function) == DuckDBSuccess;
    api->destroy_scalar_function(&function);
    api->destroy_logical_type(&row);
    api->destroy_logical_type(&verdict);
    return fine ? 0 : s->ctx->fail(s->ctx, "a function could not be registered with DuckDB");
}

/* Writes the rows for which `where` holds, in stored order. */
static int write_part(struct split *s, const char *output, const char *where)
{
    const char *path = s->ctx->input_path(s->ctx, "rows");
    const struct zpl_type *type = zpl_context_type(s->context, s->ctx->output_type(s->ctx, output));
    struct zpl_buf query = {0};
    if (type == NULL)
        return 1;
    zpl_buf_puts(&query, "SELECT * FROM read_parquet(");
    zpl_duck_text(&query, path, strlen(path));
    zpl_buf_printf(&query, ") WHERE %s", where);
    const struct zpl_write write = {.query = zpl_buf_str(&query),
                                    .row = type->kind == ZPL_TABLE ? type->row : NULL,
                                    .path = s->ctx->output_path(s->ctx, output)};
    enum zpl_err err = zpl_buf_error(&query) != ZPL_OK
                           ? zpl_diag_nomem(s->context->diags)
                           : zpl_write_query(s->duck, &write, s->context->diags);
    zpl_buf_release(&query);
    return err != ZPL_OK;
}

/* Strata by the values of a column; NULL: one of all rows. */
static int make_strata(struct split *s, const char *stratify)
{
    if (stratify != NULL)
        return find_strata(s, stratify);
    s->stratum_count = 1;
    s->strata = zpl_calloc(1, sizeof *s->strata);
    if (s->strata == NULL) {
        zpl_diag_nomem(s->context->diags);
        return 1;
    }
    s->strata[0].rows = s->rows;
    return 0;
}

/* Writes the rows of the part into one output and the others into the other. */
static int write_parts(struct split *s, const char *part, const char *others)
{
    char in[64], out[80];
    if (find_thresholds(s) || register_in_part(s))
        return 1;
    snprintf(in, sizeof in, "%s(file_row_number)", s->in_part);
    snprintf(out, sizeof out, "NOT %s", in);
    return write_part(s, part, in) || write_part(s, others, out);
}

static int split_by_chance(struct split *s, const char *stratify)
{
    return make_strata(s, stratify) || share(s) || write_parts(s, "train", "test");
}

/* The rows before the moment at which the row stands that would be the first of `test`. */
static int split_by_time(struct split *s, const char *column)
{
    int64_t nulls = 0, before = 0, first = (int64_t)floor((double)s->rows * s->ratio + 0.5);
    struct zpl_buf train = {0}, test = {0};
    if (ask(s, "SELECT count(*)::BIGINT FROM @ WHERE # IS NULL", column, keep_count, &nulls))
        return 1;
    if (nulls > 0)
        return s->ctx->fail(s->ctx,
                            "column '%s' is null in %lld rows, which so have no place in time",
                            column, (long long)nulls);
    char order[120];
    snprintf(
        order, sizeof order,
        "CREATE TEMP TABLE zpl_cut AS SELECT # AS moment FROM @ ORDER BY # LIMIT 1 OFFSET %lld",
        (long long)first);
    if (ask(s, order, column, NULL, NULL))
        return 1;
    zpl_duck_ident(&test, column);
    zpl_buf_puts(&test, " >= (SELECT moment FROM zpl_cut)");
    zpl_buf_printf(&train, "(%s) IS NOT TRUE", zpl_buf_str(&test));
    if (first >= s->rows) /* there is no cut: everything comes before it */
        zpl_buf_clear(&test);
    zpl_buf_puts(&test, first >= s->rows ? "false" : "");
    int failed = zpl_buf_error(&train) != ZPL_OK || zpl_buf_error(&test) != ZPL_OK;
    if (failed)
        zpl_diag_nomem(s->context->diags);
    if (!failed && first > 0 && first < s->rows) {
        failed = ask(s, "SELECT count(*)::BIGINT FROM @ WHERE # < (SELECT moment FROM zpl_cut)",
                     column, keep_count, &before);
        if (!failed && before == 0)
            failed = s->ctx->fail(s->ctx,
                                  "the first %lld rows in time all have the same '%s' as the next "
                                  "one, so no moment parts them",
                                  (long long)first, column);
    }
    failed = failed || write_part(s, "train", zpl_buf_str(&train)) ||
             write_part(s, "test", zpl_buf_str(&test));
    zpl_buf_release(&train);
    zpl_buf_release(&test);
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct split s = {.ctx = ctx,
                      .context = zpl_context_of(ctx),
                      .rows = ctx->input_rows(ctx, "rows"),
                      .ratio = 0.8};
    const char *stratify = ctx->param_text(ctx, "stratify"), *time = ctx->param_text(ctx, "time");
    int64_t seed = 0;
    ctx->param_float(ctx, "ratio", &s.ratio);
    ctx->param_int(ctx, "seed", &seed);
    s.seed = (uint64_t)seed;
    if (stratify != NULL && time != NULL)
        return ctx->fail(ctx,
                         "give stratify or time, not both: rows are parted by chance or by time");
    if (s.rows < 0 || !(s.ratio >= 0 && s.ratio <= 1))
        return ctx->fail(ctx, "split needs a table and a ratio from 0 to 1");
    s.duck = zpl_context_duck(s.context);
    if (s.duck == NULL)
        return 1;
    int failed = time != NULL ? split_by_time(&s, time) : split_by_chance(&s, stratify);
    free(s.stratum_of);
    free(s.strata);
    return failed;
}

/* Rank i·rows/k, rounded down: where fold i begins. */
static int64_t fold_begin(int64_t rows, int64_t i, int64_t k)
{
    return rows / k * i + rows % k * i / k;
}

static int run_fold(struct zpl_kernel_context *ctx)
{
    struct split s = {
        .ctx = ctx, .context = zpl_context_of(ctx), .rows = ctx->input_rows(ctx, "rows")};
    int64_t seed = 0, k = 5, fold = 1;
    ctx->param_int(ctx, "seed", &seed);
    ctx->param_int(ctx, "k", &k);
    ctx->param_int(ctx, "fold", &fold);
    s.seed = (uint64_t)seed;
    if (s.rows < 0 || k < 2 || fold < 1)
        return ctx->fail(ctx, "fold needs a table, k from 2 and a fold from 1");
    if (fold > k)
        return ctx->fail(ctx, "there is no fold %lld of %lld", (long long)fold, (long long)k);
    s.duck = zpl_context_duck(s.context);
    if (s.duck == NULL)
        return 1;
    int failed = make_strata(&s, ctx->param_text(ctx, "stratify"));
    for (size_t i = 0; !failed && i < s.stratum_count; i++) {
        s.strata[i].from = fold_begin(s.strata[i].rows, fold - 1, k);
        s.strata[i].to = fold_begin(s.strata[i].rows, fold, k);
    }
    failed = failed || write_parts(&s, "test", "train");
    free(s.stratum_of);
    free(s.strata);
    return failed;
}

ZPL_KERNEL(split) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "split",
    .signature = "(rows: Table {...r}, ratio: Float 0..1 = 0.8, seed: Int = 0, "
                 "stratify?: column s, time?: column w) "
                 "-> (train: Table {...r}, test: Table {...r}) disjoint",
    .doc =
        "Parts the rows of a table into train and test.\n"
        "\n"
        "    rows      the table\n"
        "    ratio     the share that goes to train: exactly round(rows · ratio) of them\n"
        "    seed      another seed parts in another way; the same one always in the same\n"
        "    stratify  a column each of whose values (null is one) is shared out in this ratio: "
        "each\n"
        "              gets its share rounded down, and what is left goes to the largest "
        "remainders\n"
        "    time      a column by which the earlier rows go to train and the later ones to test;\n"
        "              rows of one moment stay together, those of the moment of the cut in test, "
        "so\n"
        "              train may be a little smaller.  seed has no meaning then\n"
        "\n"
        "Every row is in one of the two, none in both, and rows keep their order.  Who goes where\n"
        "depends on the number of the row and the seed alone: row i is given the i-th number of\n"
        "SplitMix64 (Steele, Lea, Flood 2014), and the smallest go to train.\n"
        "\n"
        "Errors: stratify and time together; a null in the column of time; a cut within rows that "
        "all\n"
        "have one moment.\n"
        "\n"
        "    local train, test = split { rows, ratio = 0.8, seed = 7, stratify = \"late\" }",
    .engines = "duckdb",
    .run = run,
};

ZPL_KERNEL(fold) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "fold",
    .signature = "(rows: Table {...r}, fold: Int 1..1000, k: Int 2..1000 = 5, seed: Int = 0, "
                 "stratify?: column s) "
                 "-> (train: Table {...r}, test: Table {...r}) disjoint",
    .doc =
        "One of k folds for cross-validation: `test` is the fold, `train` all other rows.\n"
        "\n"
        "    rows      the table\n"
        "    fold      which one, from 1 to k\n"
        "    k         how many folds; each row is in the test part of exactly one\n"
        "    seed      another seed shares out in another way; the same for all folds of a set\n"
        "    stratify  a column each of whose values (null is one) is shared out equally\n"
        "\n"
        "Folds have rows / k rows each, one more or less per value of stratify, and keep the\n"
        "order of rows.  Which fold a row is in depends on its number and the seed, as in split.\n"
        "`kfold { rows, k = 5 }` gives all k of them as an array of { train, test }.\n"
        "\n"
        "    local train, test = fold { rows, fold = 1, k = 5, seed = 7 }",
    .engines = "duckdb",
    .run = run_fold,
};
