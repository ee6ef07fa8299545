/* fake_kernel.h - a kernel's context made of C arrays, for the tests of stdlib/model.
 * Tables come as Arrow streams cut into batches of any size, also with offsets in front; what the
 * kernel writes, logs and fails with is kept as text. */
#ifndef ZPL_TESTS_FAKE_KERNEL_H
#define ZPL_TESTS_FAKE_KERNEL_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "stdlib/kernel.h"
#include "stdlib/model/cells.h"

struct fake_column {
    const char *name;
    const char *format; /* Arrow's; "D" stands for a dictionary of texts */
    const double *numbers;
    const char *const *texts; /* instead of numbers; NULL is null.  In numbers NAN is null. */
};
struct fake_table {
    const char *input, *type;
    const struct fake_column *columns;
    size_t count;
    int64_t rows;
    int64_t batch; /* rows of a batch; 0: all */
    int64_t front; /* rows before the offset of each batch */
};
struct fake_param {
    const char *name;
    double value;
    bool is_int;
};
struct fake_binding {
    const char *variable;
    const char *const *columns;
};
struct fake_kernel {
    struct zpl_kernel_context ctx;
    const struct fake_table *tables;
    size_t table_count;
    const struct fake_param *params;
    size_t param_count;
    const struct fake_binding *bindings;
    size_t binding_count;
    const char *model_path;  /* input and output of that name */
    const char *model_type;  /* of the input of that name; NULL: "Model {xgboost}" */
    const char *output_type; /* of the table output */
    uint64_t memory;
    struct zpl_buf failure, log, json;
    struct zpl_buf table; /* the table output: a line of names, then a line a row, tab after cell */
    int progress_calls;
};

static inline struct fake_kernel *fake_of(struct zpl_kernel_context *ctx)
{
    return ctx->self;
}

static inline bool fake_param_get(struct zpl_kernel_context *ctx, const char *name, bool is_int,
                                  double *out)
{
    struct fake_kernel *fake = fake_of(ctx);
    for (size_t i = 0; i < fake->param_count; i++)
        if (strcmp(fake->params[i].name, name) == 0 && fake->params[i].is_int == is_int) {
            *out = fake->params[i].value;
            return true;
        }
    return false;
}

static inline bool fake_param_int(struct zpl_kernel_context *ctx, const char *name, int64_t *out)
{
    double v;
    if (!fake_param_get(ctx, name, true, &v))
        return false;
    *out = (int64_t)v;
    return true;
}

static inline bool fake_param_float(struct zpl_kernel_context *ctx, const char *name, double *out)
{
    return fake_param_get(ctx, name, false, out);
}

static inline const char *const *fake_columns(struct zpl_kernel_context *ctx, const char *variable)
{
    struct fake_kernel *fake = fake_of(ctx);
    for (size_t i = 0; i < fake->binding_count; i++)
        if (strcmp(fake->bindings[i].variable, variable) == 0)
            return fake->bindings[i].columns;
    return NULL;
}

static inline const struct fake_table *fake_find(struct zpl_kernel_context *ctx, const char *name)
{
    struct fake_kernel *fake = fake_of(ctx);
    for (size_t i = 0; i < fake->table_count; i++)
        if (strcmp(fake->tables[i].input, name) == 0)
            return &fake->tables[i];
    return NULL;
}

static inline const char *fake_path(struct zpl_kernel_context *ctx, const char *name)
{
    return strcmp(name, "model") == 0 ? fake_of(ctx)->model_path : NULL;
}

static inline const char *fake_input_type(struct zpl_kernel_context *ctx, const char *name)
{
    if (strcmp(name, "model") == 0)
        return fake_of(ctx)->model_type ? fake_of(ctx)->model_type : "Model {xgboost}";
    const struct fake_table *table = fake_find(ctx, name);
    return table ? table->type : NULL;
}

static inline int64_t fake_input_rows(struct zpl_kernel_context *ctx, const char *name)
{
    const struct fake_table *table = fake_find(ctx, name);
    return table ? table->rows : -1;
}

static inline const char *fake_output_type(struct zpl_kernel_context *ctx, const char *name)
{
    (void)name;
    return fake_of(ctx)->output_type;
}

static inline uint32_t fake_threads(struct zpl_kernel_context *ctx)
{
    (void)ctx;
    return 2;
}

static inline uint64_t fake_memory(struct zpl_kernel_context *ctx)
{
    return fake_of(ctx)->memory;
}

static inline void fake_log(struct zpl_kernel_context *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(&fake_of(ctx)->log, format, args);
    va_end(args);
    zpl_buf_putc(&fake_of(ctx)->log, '\n');
}

static inline void fake_progress(struct zpl_kernel_context *ctx, double fraction, const char *what)
{
    (void)what;
    if (fraction >= 0 && fraction <= 1)
        fake_of(ctx)->progress_calls++;
}

static inline int fake_fail(struct zpl_kernel_context *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(&fake_of(ctx)->failure, format, args);
    va_end(args);
    return 1;
}

static inline int fake_output_json(struct zpl_kernel_context *ctx, const char *name,
                                   const char *json)
{
    (void)name;
    zpl_buf_puts(&fake_of(ctx)->json, json);
    return 0;
}

/* Arrow: everything a struct points to hangs in one list of blocks. */
struct fake_blocks {
    void *block[64];
    size_t count;
};

static inline void *fake_block(struct fake_blocks *blocks, size_t size)
{
    void *p = calloc(1, size + 1);
    return blocks->block[blocks->count++] = p;
}

static inline void fake_free_blocks(struct fake_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        free(blocks->block[i]);
    free(blocks);
}

static inline void fake_release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    fake_free_blocks(schema->private_data);
    schema->release = NULL;
}

static inline void fake_release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary)
        array->dictionary->release(array->dictionary);
    fake_free_blocks(array->private_data);
    memset(array, 0xA5, sizeof *array); /* who still reads it is found out */
    array->release = NULL;
}

static inline struct fake_blocks *fake_new_blocks(void)
{
    return calloc(1, sizeof(struct fake_blocks));
}

static inline void fake_leaf_schema(struct ArrowSchema *out, const struct fake_column *column)
{
    struct fake_blocks *blocks = fake_new_blocks();
    char *name = fake_block(blocks, strlen(column->name));
    bool dictionary = strcmp(column->format, "D") == 0;

    memcpy(name, column->name, strlen(column->name));
    *out = (struct ArrowSchema){
        .format = dictionary ? "C" : column->format,
        .name = name,
        .flags = ARROW_FLAG_NULLABLE,
        .release = fake_release_schema,
        .private_data = blocks,
    };
    if (dictionary) {
        out->dictionary = fake_block(blocks, sizeof *out->dictionary);
        *out->dictionary = (struct ArrowSchema){.format = "u", .name = ""};
    }
}

static inline int fake_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const struct fake_table *table = *(const struct fake_table **)stream->private_data;
    struct fake_blocks *blocks = fake_new_blocks();

    *out = (struct ArrowSchema){
        .format = "+s",
        .name = "",
        .n_children = (int64_t)table->count,
        .children = fake_block(blocks, (table->count + 1) * sizeof(void *)),
        .release = fake_release_schema,
        .private_data = blocks,
    };
    for (size_t i = 0; i < table->count; i++) {
        out->children[i] = fake_block(blocks, sizeof(struct ArrowSchema));
        fake_leaf_schema(out->children[i], &table->columns[i]);
    }
    return 0;
}

/* Texts from..from + count as an utf8 array. */
static inline void fake_texts(struct ArrowArray *out, const char *const *texts, int64_t count)
{
    struct fake_blocks *blocks = fake_new_blocks();
    int32_t *offsets = fake_block(blocks, ((size_t)count + 1) * sizeof *offsets);
    uint8_t *valid = fake_block(blocks, (size_t)count / 8 + 1);
    size_t size = 0;
    char *bytes;

    for (int64_t i = 0; i < count; i++)
        size += texts[i] ? strlen(texts[i]) : 0;
    bytes = fake_block(blocks, size);
    for (int64_t i = 0; i < count; i++) {
        size_t len = texts[i] ? strlen(texts[i]) : 0;
        valid[i / 8] |= (uint8_t)((texts[i] != NULL) << (i % 8));
        memcpy(bytes + offsets[i], texts[i] ? texts[i] : "", len);
        offsets[i + 1] = offsets[i] + (int32_t)len;
    }
    *out = (struct ArrowArray){
        .length = count,
        .null_count = -1,
        .n_buffers = 3,
        .buffers = fake_block(blocks, 3 * sizeof(void *)),
        .release = fake_release_array,
        .private_data = blocks,
    };
    out->buffers[0] = valid;
    out->buffers[1] = offsets;
    out->buffers[2] = bytes;
}

static inline void fake_store(void *values, char format, int64_t i, double v)
{
    switch (format) {
    case 'b':
        ((uint8_t *)values)[i / 8] |= (uint8_t)((v != 0) << (i % 8));
        break;
    case 'C':
        ((uint8_t *)values)[i] = (uint8_t)v;
        break;
    case 's':
        ((int16_t *)values)[i] = (int16_t)v;
        break;
    case 'i':
    case 't': /* "tdD": days */
        ((int32_t *)values)[i] = (int32_t)v;
        break;
    case 'l':
        ((int64_t *)values)[i] = (int64_t)v;
        break;
    case 'f':
        ((float *)values)[i] = (float)v;
        break;
    default:
        ((double *)values)[i] = v;
    }
}

/* Numbers of the rows `from` on.  NAN is null, except in every third row of a Float: NaN there. */
static inline void fake_numbers(struct ArrowArray *out, char format, const double *numbers,
                                int64_t from, int64_t count)
{
    struct fake_blocks *blocks = fake_new_blocks();
    void *values = fake_block(blocks, (size_t)count * 8);
    uint8_t *valid = fake_block(blocks, (size_t)count / 8 + 1);
    int64_t nulls = 0;

    for (int64_t i = 0; i < count; i++) {
        bool null = isnan(numbers[i]) && !(format == 'g' && (from + i) % 3 == 0);
        valid[i / 8] |= (uint8_t)(!null << (i % 8));
        nulls += null;
        fake_store(values, format, i, null ? 0 : numbers[i]);
    }
    *out = (struct ArrowArray){
        .length = count,
        .null_count = nulls,
        .n_buffers = 2,
        .buffers = fake_block(blocks, 2 * sizeof(void *)),
        .release = fake_release_array,
        .private_data = blocks,
    };
    out->buffers[0] = nulls ? valid : NULL;
    out->buffers[1] = values;
}

/* A dictionary of the different texts, in reverse order of occurrence. */
static inline void fake_dictionary(struct ArrowArray *out, const char *const *texts, int64_t count)
{
    const char *values[256];
    int64_t different = 0;
    double *indexes = calloc((size_t)count + 1, sizeof *indexes);
    struct fake_blocks *blocks;

    for (int64_t i = 0; i < count; i++) {
        int64_t at = 0;
        while (at < different && texts[i] && strcmp(values[at], texts[i]) != 0)
            at++;
        if (texts[i] && at == different)
            values[different++] = texts[i];
        indexes[i] = texts[i] ? (double)at : NAN;
    }
    fake_numbers(out, 'C', indexes, 0, count);
    free(indexes);
    blocks = out->private_data;
    out->dictionary = fake_block(blocks, sizeof *out->dictionary);
    fake_texts(out->dictionary, values, different);
}

static inline void fake_leaf(struct ArrowArray *out, const struct fake_column *column, int64_t from,
                             int64_t count)
{
    if (strcmp(column->format, "D") == 0)
        fake_dictionary(out, column->texts + from, count);
    else if (column->texts)
        fake_texts(out, column->texts + from, count);
    else
        fake_numbers(out, column->format[0], column->numbers + from, from, count);
}

struct fake_stream {
    const struct fake_table *table; /* first: fake_get_schema reads it */
    int64_t row;
};

static inline int fake_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct fake_stream *self = stream->private_data;
    const struct fake_table *table = self->table;
    int64_t left = table->rows - self->row, length = table->batch ? table->batch : table->rows;
    int64_t front = self->row < table->front ? self->row : table->front;
    struct fake_blocks *blocks;

    memset(out, 0, sizeof *out);
    if (left == 0)
        return 0;
    length = length < left ? length : left;
    blocks = fake_new_blocks();
    *out = (struct ArrowArray){
        .length = length,
        .offset = front,
        .n_buffers = 1,
        .buffers = fake_block(blocks, sizeof(void *)),
        .n_children = (int64_t)table->count,
        .children = fake_block(blocks, (table->count + 1) * sizeof(void *)),
        .release = fake_release_array,
        .private_data = blocks,
    };
    for (size_t i = 0; i < table->count; i++) {
        out->children[i] = fake_block(blocks, sizeof(struct ArrowArray));
        fake_leaf(out->children[i], &table->columns[i], self->row - front, length + front);
    }
    self->row += length;
    return 0;
}

static inline const char *fake_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "a fake error";
}

static inline void fake_release_stream(struct ArrowArrayStream *stream)
{
    free(stream->private_data);
    stream->release = NULL;
}

static inline int fake_input_table(struct zpl_kernel_context *ctx, const char *name,
                                   struct ArrowArrayStream *out)
{
    struct fake_stream *self = calloc(1, sizeof *self);

    self->table = fake_find(ctx, name);
    *out = (struct ArrowArrayStream){
        .get_schema = fake_get_schema,
        .get_next = fake_get_next,
        .get_last_error = fake_last_error,
        .release = fake_release_stream,
        .private_data = self,
    };
    return 0;
}

static inline void fake_write_cell(struct zpl_buf *out, const struct ArrowSchema *schema,
                                   const struct ArrowArray *batch, int64_t child, int64_t row)
{
    struct ArrowSchema days = *schema->children[child], *list[1] = {&days};
    struct ArrowSchema one = {.children = list};
    struct ArrowArray shown = *batch;
    struct zpl_cells cells;
    const char *text;
    size_t len;

    if (strcmp(days.format, "tdD") == 0)
        days.format = "i";
    shown.children = &batch->children[child];
    if (!zpl_cells_open(&cells, &one, &shown, 0)) {
        zpl_buf_puts(out, "?");
    } else if (zpl_cells_null(&cells, row)) {
        zpl_buf_puts(out, "null");
    } else if (zpl_cells_are_text(&cells)) {
        text = zpl_cells_text(&cells, row, &len);
        zpl_buf_add(out, text, len);
    } else {
        zpl_buf_printf(out, "%.17g", zpl_cells_number(&cells, row));
    }
    zpl_buf_putc(out, '\t');
}

static inline int fake_output_table(struct zpl_kernel_context *ctx, const char *name,
                                    struct ArrowArrayStream *in)
{
    struct zpl_buf *out = &fake_of(ctx)->table;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int err = in->get_schema(in, &schema);

    (void)name;
    if (err)
        return fake_fail(ctx, "%s", in->get_last_error(in));
    for (int64_t i = 0; i < schema.n_children; i++)
        zpl_buf_printf(out, "%s\t", schema.children[i]->name);
    zpl_buf_putc(out, '\n');
    while ((err = in->get_next(in, &batch)) == 0 && batch.release) {
        for (int64_t row = 0; row < batch.length; row++) {
            for (int64_t i = 0; i < batch.n_children; i++)
                fake_write_cell(out, &schema, &batch, i, row);
            zpl_buf_putc(out, '\n');
        }
        batch.release(&batch);
    }
    if (err && !fake_of(ctx)->failure.len)
        fake_fail(ctx, "%s", in->get_last_error(in));
    schema.release(&schema);
    in->release(in);
    return err;
}

/* Runs a kernel; 0 when it did not fail.  Call fake_release() after looking at what it wrote. */
static inline int fake_run(struct fake_kernel *fake, const struct zpl_kernel *kernel)
{
    fake->ctx = (struct zpl_kernel_context){
        .abi = ZPL_KERNEL_ABI_VERSION,
        .self = fake,
        .param_int = fake_param_int,
        .param_float = fake_param_float,
        .columns = fake_columns,
        .input_path = fake_path,
        .input_type = fake_input_type,
        .input_rows = fake_input_rows,
        .input_table = fake_input_table,
        .output_path = fake_path,
        .output_type = fake_output_type,
        .output_table = fake_output_table,
        .output_json = fake_output_json,
        .threads = fake_threads,
        .memory = fake_memory,
        .log = fake_log,
        .progress = fake_progress,
        .fail = fake_fail,
    };
    return kernel->run(&fake->ctx);
}

static inline void fake_release(struct fake_kernel *fake)
{
    zpl_buf_release(&fake->failure);
    zpl_buf_release(&fake->log);
    zpl_buf_release(&fake->json);
    zpl_buf_release(&fake->table);
    fake->progress_calls = 0;
}

/* True if memory was out for what the context keeps, which is no failure of the kernel. */
static inline bool fake_lost(const struct fake_kernel *fake)
{
    return fake->log.err || fake->json.err || fake->table.err;
}

/* A generator of test numbers (xorshift64*): the same on every machine. */
static inline double fake_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 0x2545F4914F6CDD1Du) >> 11) * 0x1p-53;
}

#endif
