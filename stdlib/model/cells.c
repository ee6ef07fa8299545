/* cells.c - reading the buffers of Arrow columns.   Floor: stdlib. */
#include "stdlib/model/cells.h"

#include <string.h>

static bool bit(const void *bits, int64_t i)
{
    return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1;
}

static bool is_text(char format)
{
    return format == 'u' || format == 'U';
}

static bool is_number(char format)
{
    return format && strchr("bcCsSiIlLfg", format);
}

bool zpl_cells_open(struct zpl_cells *cells, const struct ArrowSchema *schema,
                    const struct ArrowArray *batch, int64_t child)
{
    const struct ArrowSchema *type = schema->children[child];
    const struct ArrowArray *array = batch->children[child];

    *cells = (struct zpl_cells){
        .format = type->format[0],
        .offset = batch->offset + array->offset,
        .count = batch->length,
    };
    if (strcmp(type->format, "+l") == 0 && type->n_children == 1 &&
        is_number(type->children[0]->format[0]) && !type->children[0]->format[1]) {
        if (array->null_count != 0)
            cells->valid = array->buffers[0];
        cells->values = array->buffers[1];
        cells->elements = array->children[0];
        cells->element_format = type->children[0]->format[0];
        return true;
    }
    /* Layouts of one letter only: "tdD", "vu" and the like are others. */
    if (type->format[1] || !(is_number(cells->format) || is_text(cells->format)))
        return false;
    if (array->null_count != 0)
        cells->valid = array->buffers[0];
    cells->values = array->buffers[1];
    if (is_text(cells->format))
        cells->bytes = array->buffers[2];
    if (type->dictionary) {
        cells->dictionary = array->dictionary;
        cells->dictionary_format = type->dictionary->format[0];
        return !type->dictionary->format[1] && is_text(cells->dictionary_format) &&
               is_number(cells->format);
    }
    return true;
}

bool zpl_cells_are_text(const struct zpl_cells *cells)
{
    return cells->dictionary || is_text(cells->format);
}

bool zpl_cells_are_tensors(const struct zpl_cells *cells)
{
    return cells->elements != NULL;
}

const void *zpl_cells_elements(const struct zpl_cells *cells, int64_t *first, int64_t *each)
{
    const int32_t *offsets = (const int32_t *)cells->values + cells->offset;

    *each = cells->count ? offsets[1] - offsets[0] : 0;
    *first = cells->elements->offset + (cells->count ? offsets[0] : 0);
    for (int64_t row = 0; row < cells->count; row++)
        if (offsets[row + 1] - offsets[row] != *each)
            return NULL;
    return cells->elements->buffers[1];
}

static int64_t dictionary_index(const struct zpl_cells *cells, int64_t row)
{
    struct zpl_cells index = *cells;
    index.dictionary = NULL;
    return (int64_t)zpl_cells_number(&index, row);
}

bool zpl_cells_null(const struct zpl_cells *cells, int64_t row)
{
    if (cells->valid && !bit(cells->valid, cells->offset + row))
        return true;
    if (cells->dictionary && cells->dictionary->null_count != 0 && cells->dictionary->buffers[0])
        return !bit(cells->dictionary->buffers[0],
                    cells->dictionary->offset + dictionary_index(cells, row));
    return false;
}

double zpl_cells_number(const struct zpl_cells *cells, int64_t row)
{
    const void *values = cells->values;
    int64_t i = cells->offset + row;

    switch (cells->format) {
    case 'b':
        return bit(values, i);
    case 'c':
        return ((const int8_t *)values)[i];
    case 'C':
        return ((const uint8_t *)values)[i];
    case 's':
        return ((const int16_t *)values)[i];
    case 'S':
        return ((const uint16_t *)values)[i];
    case 'i':
        return ((const int32_t *)values)[i];
    case 'I':
        return ((const uint32_t *)values)[i];
    case 'l':
        return (double)((const int64_t *)values)[i];
    case 'L':
        return (double)((const uint64_t *)values)[i];
    case 'f':
        return ((const float *)values)[i];
    default:
        return ((const double *)values)[i];
    }
}

/* Text i of a column with 32-bit ('u') or 64-bit ('U') offsets. */
static const char *text_at(char format, const void *offsets, const char *bytes, int64_t i,
                           size_t *len)
{
    int64_t begin, end;

    if (format == 'u') {
        begin = ((const int32_t *)offsets)[i];
        end = ((const int32_t *)offsets)[i + 1];
    } else {
        begin = ((const int64_t *)offsets)[i];
        end = ((const int64_t *)offsets)[i + 1];
    }
    *len = (size_t)(end - begin);
    return *len ? bytes + begin : "";
}

const char *zpl_cells_text(const struct zpl_cells *cells, int64_t row, size_t *len)
{
    const struct ArrowArray *dictionary = cells->dictionary;

    if (!dictionary)
        return text_at(cells->format, cells->values, cells->bytes, cells->offset + row, len);
    return text_at(cells->dictionary_format, dictionary->buffers[1], dictionary->buffers[2],
                   dictionary->offset + dictionary_index(cells, row), len);
}
