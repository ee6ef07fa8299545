/* npy.c - see npy.h.   Floor: stdlib. */
#include "stdlib/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/text.h"

#define MAGIC "\x93NUMPY"

/* The text behind a key of the header, which is a dict of Python's; NULL: it is not there. */
static const char *behind(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    return at + strspn(at, " :");
}

/* '<f4' */
static const struct zpl_tensor_element *element_of(const char *descr)
{
    static const char *const names[ZPL_TENSOR_ELEMENTS] = {"f4", "f8", "i1", "i2", "i4", "i8",
                                                           "u1", "u2", "u4", "u8", "b1"};
    if (*descr != '\'' || strchr("<|", descr[1]) == NULL || descr[1] == '\0')
        return NULL;
    for (size_t i = 0; i < ZPL_TENSOR_ELEMENTS; i++)
        if (strncmp(descr + 2, names[i], 2) == 0 && descr[4] == '\'')
            return &zpl_tensor_elements[i];
    return NULL;
}

/* (3, 4), (3,), () */
static bool read_shape(const char *s, struct zpl_npy *out)
{
    out->count = 1;
    if (*s++ != '(')
        return false;
    while (*s >= '0' && *s <= '9') {
        char *end;
        errno = 0;
        uint64_t n = strtoull(s, &end, 10);
        if (errno != 0 || out->rank == ZPL_TENSOR_RANK_MAX ||
            (n > 0 && out->count > UINT64_MAX / 16 / n))
            return false;
        out->dims[out->rank++] = n;
        out->count *= n;
        s = end + strspn(end, ", ");
    }
    return *s == ')';
}

static const char *read_header(const char *header, struct zpl_npy *out, struct zpl_arena *arena)
{
    const char *descr = behind(header, "'descr'"), *order = behind(header, "'fortran_order'");
    const char *shape = behind(header, "'shape'");
    if (descr == NULL || order == NULL || shape == NULL || !read_shape(shape, out))
        return "has a header that is none of .npy";
    out->fortran = strncmp(order, "True", 4) == 0;
    out->element = element_of(descr);
    if (out->element != NULL)
        return NULL;
    return zpl_arena_printf(arena, "has elements of %.*s, which no Tensor has",
                            (int)strcspn(descr, ",}"), descr);
}

static const char *read_file(int fd, uint64_t size, struct zpl_npy *out, struct zpl_arena *arena)
{
    unsigned char start[12] = {0};
    size_t got = 0;
    if (zpl_fs_read_all(fd, start, sizeof start, &got) != ZPL_OK)
        return zpl_arena_printf(arena, "can't be read: %s", strerror(errno));
    bool wide = start[6] > 1;
    size_t begin = wide ? 12 : 10;
    size_t length = start[8] | (size_t)start[9] << 8;
    if (wide)
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    if (got < sizeof start || memcmp(start, MAGIC, sizeof MAGIC - 1) != 0 || start[6] < 1 ||
        start[6] > 3 || length > ZPL_NPY_HEADER_MAX)
        return "is no .npy file";
    char *header = zpl_arena_alloc(arena, length + 1);
    if (header == NULL)
        return "can't be read: out of memory";
    if (lseek(fd, (off_t)begin, SEEK_SET) < 0 ||
        zpl_fs_read_all(fd, header, length, &got) != ZPL_OK || got != length)
        return "ends within its header";
    const char *why = read_header(header, out, arena);
    out->offset = begin + length;
    if (why == NULL && size != out->offset + out->count * out->element->bytes)
        why = zpl_arena_printf(arena, "has %llu bytes behind its header, and %s has %llu",
                               (unsigned long long)(size - out->offset), zpl_npy_text(out, arena),
                               (unsigned long long)(out->count * out->element->bytes));
    return why;
}

const char *zpl_npy_read(const char *path, struct zpl_npy *out, struct zpl_arena *arena)
{
    struct zpl_stat st;
    memset(out, 0, sizeof *out);
    if (zpl_fs_stat(path, &st, NULL) != ZPL_OK || !st.is_file)
        return "is no .npy file";
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    if (fd < 0)
        return zpl_arena_printf(arena, "can't be read: %s", strerror(errno));
    const char *why = read_file(fd, st.size, out, arena);
    close(fd);
    return why;
}

const char *zpl_npy_text(const struct zpl_npy *npy, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_buf_printf(&text, "%s[", npy->element->name);
    for (size_t i = 0; i < npy->rank; i++)
        zpl_buf_printf(&text, "%s%llu", i > 0 ? ", " : "", (unsigned long long)npy->dims[i]);
    zpl_buf_putc(&text, ']');
    const char *out = zpl_arena_strdup(arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return out;
}

/* Is there another number where the dimension is one, or where its name stood before? */
static bool dim_differs(const struct zpl_npy *npy, const struct zpl_type *type, size_t i)
{
    const char *dim = type->values[i];
    if (!zpl_text_is_name(dim))
        return strtoull(dim, NULL, 10) != npy->dims[i];
    for (size_t k = 0; k < i; k++)
        if (strcmp(type->values[k], dim) == 0 && npy->dims[k] != npy->dims[i])
            return true;
    return false;
}

const char *zpl_npy_differs(const struct zpl_npy *npy, const struct zpl_type *type,
                            struct zpl_arena *arena)
{
    bool fine =
        strcmp(npy->element->name, type->dtype) == 0 && zpl_names_count(type->values) == npy->rank;
    for (size_t i = 0; fine && i < npy->rank; i++)
        fine = !dim_differs(npy, type, i);
    return fine ? NULL
                : zpl_arena_printf(arena, "is %s, but %s is declared", zpl_npy_text(npy, arena),
                                   zpl_type_text(type, true, arena));
}
