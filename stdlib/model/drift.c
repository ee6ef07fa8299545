/* drift.c - the step drift: do the columns of two tables still look alike?   Floor: stdlib. */
#include <math.h>
#include <stdlib.h>

#include "lang/base/text.h"
#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "stdlib/kernel.h"
#include "stdlib/model/compare.h"
#include "stdlib/model/reader.h"
#include "stdlib/model/stats.h"
#include "stdlib/model/tally.h"

#define FEW_INTEGERS 10  /* different Ints of `current` up to which they are categories */
#define DRIFT_SHARE  0.5 /* of the columns, for the tables to have drifted */

enum { REFERENCE, CURRENT };
static const char *const sides[] = {"reference", "current"};

/* One column of both tables, while its pass lasts. */
struct column {
    const char *name;
    enum zpl_kind kind;
    double *numbers[2];     /* Int, Float: the finite ones */
    size_t count[2];        /* cells that are neither null nor NaN nor infinite */
    uint64_t bools[2][2];   /* Bool: how many are false and true */
    struct zpl_tally texts; /* String, Enum */
};

struct comparison {
    struct zpl_kernel_context *ctx;
    struct zpl_arena arena;
    struct column *columns; /* those that can be compared */
    size_t column_count;
    const char **names; /* theirs */
    size_t rows[2];
    double *spare; /* for sorting */
    size_t compared, drifted;
    const char *worst;
    double worst_score;
};

static void column_release(struct column *column)
{
    for (int side = 0; side < 2; side++) {
        free(column->numbers[side]);
        column->numbers[side] = NULL;
    }
    zpl_tally_release(&column->texts);
}

static void comparison_release(struct comparison *c)
{
    for (size_t i = 0; i < c->column_count; i++)
        column_release(&c->columns[i]);
    free(c->spare);
    zpl_arena_release(&c->arena);
}

static bool is_number(enum zpl_kind kind)
{
    return kind == ZPL_INT || kind == ZPL_FLOAT;
}

static bool is_text(enum zpl_kind kind)
{
    return kind == ZPL_STRING || kind == ZPL_ENUM;
}

/* Lists the columns to compare; what has no test is told in the log. */
static int choose_columns(struct comparison *c)
{
    struct zpl_kernel_context *ctx = c->ctx;
    const char *const *names = ctx->columns(ctx, "r");
    const struct zpl_row *row = NULL;
    size_t count = zpl_names_count(names);
    int failed = zpl_table_row(ctx, ctx->input_type(ctx, "current"), &c->arena, &row);

    if (failed)
        return failed;
    c->columns = zpl_arena_array(&c->arena, count + 1, sizeof *c->columns);
    c->names = zpl_arena_array(&c->arena, count + 1, sizeof *c->names);
    if (!c->columns || !c->names)
        return ctx->fail(ctx, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct zpl_column *declared = zpl_row_find(row, names[i]);
        enum zpl_kind kind = declared && declared->type ? declared->type->kind : ZPL_UNKNOWN;

        if (kind != ZPL_BOOL && !is_number(kind) && !is_text(kind)) {
            ctx->log(ctx, "%s: left out: there is no test for %s", names[i], zpl_kind_name(kind));
            continue;
        }
        c->names[c->column_count] = names[i];
        c->columns[c->column_count++] = (struct column){.name = names[i], .kind = kind};
    }
    return 0;
}

static int measure_tables(struct comparison *c)
{
    struct zpl_kernel_context *ctx = c->ctx;

    for (int side = 0; side < 2; side++) {
        int64_t rows = ctx->input_rows(ctx, sides[side]);
        if (rows <= 0)
            return ctx->fail(ctx, "`%s` holds no rows to compare", sides[side]);
        c->rows[side] = (size_t)rows;
    }
    c->spare = zpl_malloc((c->rows[0] > c->rows[1] ? c->rows[0] : c->rows[1]) * sizeof *c->spare);
    return c->spare ? 0 : ctx->fail(ctx, "out of memory");
}

static int add_cells(struct comparison *c, struct column *column, int side,
                     const struct zpl_cells *cells)
{
    struct zpl_kernel_context *ctx = c->ctx;

    if (zpl_cells_are_text(cells) != is_text(column->kind))
        return ctx->fail(ctx, "column '%s' of `%s` is stored in another type than declared",
                         column->name, sides[side]);
    for (int64_t row = 0; row < cells->count; row++) {
        if (zpl_cells_null(cells, row))
            continue;
        if (is_text(column->kind)) {
            size_t len;
            const char *text = zpl_cells_text(cells, row, &len);
            if (!zpl_tally_add(&column->texts, text, len, (unsigned)side, NULL))
                return ctx->fail(ctx, "the texts of column '%s' don't fit into memory",
                                 column->name);
        } else {
            double number = zpl_cells_number(cells, row);
            if (!isfinite(number))
                continue;
            if (column->kind == ZPL_BOOL)
                column->bools[side][number != 0]++;
            else
                column->numbers[side][column->count[side]] = number;
        }
        column->count[side]++;
    }
    return 0;
}

/* Reads `count` columns from `first` on of one table. */
static int read_side(struct comparison *c, size_t first, size_t count, int side)
{
    struct zpl_kernel_context *ctx = c->ctx;
    struct zpl_reader reader;
    bool more = true;
    size_t rows = 0;
    int failed = zpl_reader_open(&reader, ctx, sides[side], c->names + first, count, NULL);

    for (size_t i = 0; i < count && !failed; i++) {
        struct column *column = &c->columns[first + i];
        if (!is_number(column->kind))
            continue;
        column->numbers[side] = zpl_malloc(c->rows[side] * sizeof(double));
        if (!column->numbers[side])
            failed = ctx->fail(ctx, "out of memory");
    }
    while (!failed && (failed = zpl_reader_next(&reader, &more)) == 0 && more) {
        rows += (size_t)reader.rows;
        if (rows > c->rows[side])
            failed = ctx->fail(ctx, "`%s` gives more rows than the %zu it has", sides[side],
                               c->rows[side]);
        for (size_t i = 0; i < count && !failed; i++)
            failed = add_cells(c, &c->columns[first + i], side, &reader.cells[i]);
    }
    zpl_reader_release(&reader);
    return failed;
}

static int compare_numbers(struct comparison *c, struct column *column, struct zpl_drift *drift)
{
    bool category;

    for (int side = 0; side < 2; side++)
        zpl_numbers_sort(column->numbers[side], c->spare, column->count[side]);
    category = column->kind == ZPL_INT &&
               zpl_distinct(column->numbers[CURRENT], column->count[CURRENT]) <= FEW_INTEGERS;
    if (zpl_drift_numbers(column->numbers[REFERENCE], column->count[REFERENCE],
                          column->numbers[CURRENT], column->count[CURRENT], category,
                          drift) != ZPL_OK)
        return c->ctx->fail(c->ctx, "out of memory");
    return 0;
}

/* *free_text: more than half of the current texts are different, so that counting says nothing. */
static int compare_texts(struct comparison *c, struct column *column, struct zpl_drift *drift,
                         bool *free_text)
{
    const struct zpl_tally *texts = &column->texts;
    size_t *order = zpl_tally_sorted(texts), distinct = 0;
    uint64_t *counts = zpl_malloc(2 * texts->count * sizeof *counts);
    int failed = 0;

    if (!order || !counts) {
        failed = c->ctx->fail(c->ctx, "out of memory");
        goto done;
    }
    for (size_t i = 0; i < texts->count; i++) {
        counts[i] = texts->entries[order[i]].count[REFERENCE];
        counts[texts->count + i] = texts->entries[order[i]].count[CURRENT];
        distinct += counts[texts->count + i] > 0;
    }
    *free_text =
        column->kind == ZPL_STRING && (double)distinct > 0.5 * (double)column->count[CURRENT];
    if (!*free_text)
        zpl_drift_counts(counts, counts + texts->count, texts->count, drift);
done:
    free(order);
    free(counts);
    return failed;
}

static void compare_bools(const struct column *column, struct zpl_drift *drift)
{
    uint64_t reference[2], current[2];
    size_t categories = 0;

    for (int value = 0; value < 2; value++) {
        if (column->bools[REFERENCE][value] + column->bools[CURRENT][value] == 0)
            continue;
        reference[categories] = column->bools[REFERENCE][value];
        current[categories++] = column->bools[CURRENT][value];
    }
    zpl_drift_counts(reference, current, categories, drift);
}

static void note_result(struct comparison *c, const struct column *column,
                        const struct zpl_drift *drift)
{
    c->ctx->log(c->ctx, "%s: %s = %.6g, threshold %g, score %.3f%s", column->name, drift->test,
                drift->value, drift->threshold, drift->score, drift->drifted ? ": drifted" : "");
    if (c->compared++ == 0 || drift->score > c->worst_score) {
        c->worst = column->name;
        c->worst_score = drift->score;
    }
    c->drifted += drift->drifted;
}

static int compare_column(struct comparison *c, struct column *column)
{
    struct zpl_kernel_context *ctx = c->ctx;
    struct zpl_drift drift = {0};
    bool free_text = false;
    int failed = 0;

    if (column->count[REFERENCE] == 0 && column->count[CURRENT] == 0) {
        ctx->log(ctx, "%s: left out: it has no value in either table", column->name);
        return 0;
    }
    for (int side = 0; side < 2; side++)
        if (column->count[side] == 0)
            return ctx->fail(ctx,
                             "column '%s' has no value in `%s` but %zu in `%s`: nothing can be "
                             "compared; select the other columns if that is as it should be",
                             column->name, sides[side], column->count[!side], sides[!side]);
    if (column->kind == ZPL_BOOL)
        compare_bools(column, &drift);
    else if (is_number(column->kind))
        failed = compare_numbers(c, column, &drift);
    else
        failed = compare_texts(c, column, &drift, &free_text);
    if (failed)
        return failed;
    if (free_text)
        ctx->log(ctx, "%s: left out: it is free text, not a category", column->name);
    else
        note_result(c, column, &drift);
    return 0;
}

/* How many columns from `first` on fit into half of the step's memory: one or more. */
static size_t columns_of_pass(const struct comparison *c, size_t first)
{
    uint64_t each = 8 * (uint64_t)(c->rows[0] + c->rows[1]), used = 0;
    uint64_t memory = c->ctx->memory(c->ctx) / 2;
    size_t count = 0;

    while (first + count < c->column_count) {
        if (is_number(c->columns[first + count].kind))
            used += each;
        if (count && memory && used > memory)
            break;
        count++;
    }
    return count;
}

static int compare_tables(struct comparison *c)
{
    for (size_t first = 0, count; first < c->column_count; first += count) {
        int failed = 0;

        count = columns_of_pass(c, first);
        for (int side = 0; side < 2 && !failed; side++)
            failed = read_side(c, first, count, side);
        for (size_t i = first; i < first + count && !failed; i++) {
            failed = compare_column(c, &c->columns[i]);
            column_release(&c->columns[i]);
            c->ctx->progress(c->ctx, (double)(i + 1) / (double)c->column_count, c->columns[i].name);
        }
        if (failed)
            return failed;
    }
    if (c->compared == 0)
        return c->ctx->fail(c->ctx, "no column of `reference` and `current` can be compared: drift "
                                    "needs an Int, Float, Bool, Enum or String that is a category");
    return 0;
}

static int write_report(struct comparison *c)
{
    double share = (double)c->drifted / (double)c->compared;
    struct zpl_json *report = zpl_json_object();
    struct zpl_buf text = {0};
    int failed;

    zpl_json_set_take(report, "drifted", zpl_json_bool(share >= DRIFT_SHARE));
    zpl_json_set_take(report, "share", zpl_json_real(share));
    zpl_json_set_take(report, "columns", zpl_json_int((int64_t)c->compared));
    zpl_json_set_take(report, "drifted_columns", zpl_json_int((int64_t)c->drifted));
    zpl_json_set_take(report, "worst", zpl_json_string(c->worst));
    zpl_json_set_take(report, "worst_score", zpl_json_real(c->worst_score));
    if (zpl_json_write(report, false, &text) != ZPL_OK)
        failed = c->ctx->fail(c->ctx, "out of memory");
    else
        failed = c->ctx->output_json(c->ctx, "report", zpl_buf_str(&text));
    zpl_buf_release(&text);
    zpl_json_release(report);
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct comparison c = {.ctx = ctx};
    int failed = choose_columns(&c);

    if (!failed)
        failed = measure_tables(&c);
    if (!failed)
        failed = compare_tables(&c);
    if (!failed)
        failed = write_report(&c);
    comparison_release(&c);
    return failed;
}

ZPL_KERNEL(drift) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "drift",
    .signature = "(reference: Table {...r}, current: Table {...r, ...s}) -> (report: Report "
                 "{drifted: Bool, share: Float, columns: Int, drifted_columns: Int, "
                 "worst: String, worst_score: Float})",
    .doc =
        "Says whether the columns of two tables still have the same distributions.\n"
        "\n"
        "Each column of `reference` is compared with that of `current`, with the test and "
        "threshold\n"
        "that Evidently 0.7 takes by default.  Nulls, NaN and infinities are left out first.  "
        "Then:\n"
        "\n"
        "    values                              reference <= 1,000       more\n"
        "    Float, Int of more than 10 values   KS, p <= 0.05            Wasserstein >= 0.1\n"
        "    the others                          chi-squared, p < 0.05    Jensen-Shannon >= 0.1\n"
        "\n"
        "An Int counts as a category when `current` has at most 10 different ones; a Float or Int "
        "too\n"
        "when both tables have at most 5.  Of two categories a z-test of their shares takes the "
        "place\n"
        "of chi-squared.  The Wasserstein distance is in standard deviations of the reference "
        "(0.001\n"
        "at least), the Jensen-Shannon distance in nats (natural logarithm).  KS is exact up to\n"
        "10,000 values.  Timestamp, Date, Bytes, Json, List and free text (a String of which more\n"
        "than half of the current values are different) are left out; the log says so, and shows\n"
        "every column's test, value and score.\n"
        "\n"
        "    drifted          share >= 0.5\n"
        "    share            drifted_columns / columns, 0 to 1\n"
        "    columns          columns that were compared\n"
        "    drifted_columns  those over their threshold\n"
        "    worst            the column with the highest score (of equals the first)\n"
        "    worst_score      its score: 1 at the threshold, more beyond it.  Of a distance: "
        "distance\n"
        "                     / threshold.  Of a p-value: ln p / ln threshold, p at least 1e-300.\n"
        "\n"
        "Fails when a table has no rows, when a column has values in one table only, and when no\n"
        "column can be compared.\n"
        "\n"
        "    local shift = drift { train, today }\n"
        "    deploy { model, name = \"delays\", when = not shift.drifted }\n",
    .engines = "",
    .run = run,
};
