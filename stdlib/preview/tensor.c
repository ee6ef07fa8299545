/* tensor.c - see preview.h: the shape of a Tensor, figures of its elements, and those in its corners.
 * Floor: stdlib. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "stdlib/npy.h"
#include "stdlib/preview/preview.h"
#include "stdlib/table/tensor.h"

#define BLOCK_BYTES (1u << 20) /* whole elements of every type */
#define CORNER      3          /* first and last of a dimension */

struct looking {
    const char *path;
    int fd;
    struct zpl_npy npy;
    struct zpl_diags *diags;
};

static struct zpl_json *number_json(const struct zpl_tensor_element *element, double x)
{
    if (element->form == ZPL_TENSOR_BOOL)
        return zpl_json_bool(x != 0);
    return element->form == ZPL_TENSOR_REAL || fabs(x) > 0x1p53 ? zpl_json_real(x)
                                                                : zpl_json_int((int64_t)x);
}

static enum zpl_err read_at(struct looking *l, uint64_t at, void *to, size_t n)
{
    size_t got = 0;
    if (lseek(l->fd, (off_t)at, SEEK_SET) < 0 || zpl_fs_read_all(l->fd, to, n, &got) != ZPL_OK ||
        got != n)
        return zpl_diag_system(l->diags, "read", l->path, got != n && errno == 0 ? EIO : errno);
    return ZPL_OK;
}

static enum zpl_err add_figures(struct looking *l, struct zpl_json *out)
{
    const struct zpl_tensor_element *element = l->npy.element;
    struct zpl_tensor_figures f = {0};
    char *block = zpl_malloc(BLOCK_BYTES);
    uint64_t left = l->npy.count * element->bytes, at = l->npy.offset;
    enum zpl_err err = block != NULL ? ZPL_OK : zpl_diag_nomem(l->diags);
    while (err == ZPL_OK && left > 0) {
        size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        err = read_at(l, at, block, n);
        if (err == ZPL_OK)
            zpl_tensor_look(element, block, n / element->bytes, &f);
        at += n;
        left -= n;
    }
    free(block);
    if (f.nan > 0)
        zpl_json_set_take(out, "nan", zpl_json_int((int64_t)f.nan));
    if (f.count > f.nan) {
        zpl_json_set_take(out, "min", number_json(element, f.min));
        zpl_json_set_take(out, "max", number_json(element, f.max));
        zpl_json_set_take(out, "mean", zpl_json_real(f.sum / (double)(f.count - f.nan)));
    }
    return err;
}

/* Where element (row, column) is, the dimensions before the last one being rows together. */
static uint64_t place_of(const struct zpl_npy *npy, uint64_t row, uint64_t column)
{
    uint64_t columns = npy->rank > 0 ? npy->dims[npy->rank - 1] : 1, place = 0, stride = 1;
    if (!npy->fortran)
        return row * columns + column;
    uint64_t index[ZPL_TENSOR_RANK_MAX];
    for (size_t i = npy->rank; i-- > 0;) {
        uint64_t size = npy->dims[i];
        index[i] = i + 1 == npy->rank ? column : row % size;
        row = i + 1 == npy->rank ? row : row / size;
    }
    for (size_t i = 0; i < npy->rank; i++) {
        place += index[i] * stride;
        stride *= npy->dims[i];
    }
    return place;
}

/* The places of a dimension that are shown: its first and its last ones. */
static size_t ends_of(uint64_t size, uint64_t out[2 * CORNER])
{
    size_t count = 0;
    for (uint64_t i = 0; i < size; i++) {
        if (i == CORNER && size > 2 * CORNER)
            i = size - CORNER;
        out[count++] = i;
    }
    return count;
}

/* Rows of first and last elements, with a null where some are left out. */
static enum zpl_err add_corners(struct looking *l, struct zpl_json *out)
{
    const struct zpl_npy *npy = &l->npy;
    uint64_t width = npy->rank > 0 ? npy->dims[npy->rank - 1] : 1;
    uint64_t rows[2 * CORNER], columns[2 * CORNER];
    size_t row_count = npy->count > 0 ? ends_of(npy->count / width, rows) : 0;
    size_t column_count = npy->count > 0 ? ends_of(width, columns) : 0;
    struct zpl_json *corners = zpl_json_array();
    enum zpl_err err = ZPL_OK;
    for (size_t r = 0; err == ZPL_OK && r < row_count; r++) {
        struct zpl_json *line = zpl_json_array();
        if (r == CORNER && rows[r] != CORNER)
            zpl_json_add_take(corners, zpl_json_null());
        for (size_t c = 0; err == ZPL_OK && c < column_count; c++) {
            char bytes[8];
            if (c == CORNER && columns[c] != CORNER)
                zpl_json_add_take(line, zpl_json_null());
            err = read_at(l, npy->offset + place_of(npy, rows[r], columns[c]) * npy->element->bytes,
                          bytes, npy->element->bytes);
            if (err == ZPL_OK)
                zpl_json_add_take(line,
                                  number_json(npy->element, zpl_tensor_at(npy->element, bytes, 0)));
        }
        zpl_json_add_take(corners, line);
    }
    zpl_json_set_take(out, "corners", corners);
    return err;
}

enum zpl_err zpl_preview_tensor(const struct zpl_preview_request *request, struct zpl_json **out,
                                struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct looking l = {.path = request->path, .diags = diags};
    struct zpl_json *shape = zpl_json_array();
    const char *why = zpl_npy_read(request->path, &l.npy, arena);
    *out = zpl_json_object();
    for (size_t i = 0; i < l.npy.rank; i++)
        zpl_json_add_take(shape, zpl_json_int((int64_t)l.npy.dims[i]));
    zpl_json_set_take(*out, "shape", shape);
    l.fd = why == NULL ? zpl_fs_open(request->path, O_RDONLY, 0) : -1;
    enum zpl_err err = ZPL_OK;
    if (why != NULL) {
        zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0}, "%s %s", request->path,
                     why);
        err = ZPL_ERR_STEP;
    } else if (l.fd < 0) {
        err = zpl_diag_system(diags, "open", request->path, errno);
    }
    if (err == ZPL_OK)
        err = add_figures(&l, *out);
    if (err == ZPL_OK)
        err = add_corners(&l, *out);
    if (l.fd >= 0)
        close(l.fd);
    if (err == ZPL_OK) {
        zpl_json_set_take(*out, "kind", zpl_json_string("tensor"));
        zpl_json_set_take(*out, "dtype", zpl_json_string(l.npy.element->name));
        return ZPL_OK;
    }
    zpl_json_release(*out);
    *out = NULL;
    return err;
}
