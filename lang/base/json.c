#include "lang/base/json.h"
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/json_node.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"

static struct zpl_json null_value = {.kind = ZPL_JSON_NULL};
static struct zpl_json true_value = {.kind = ZPL_JSON_BOOL, .truth = true};
static struct zpl_json false_value = {.kind = ZPL_JSON_BOOL, .truth = false};

/* A node of one reference with `extra` bytes behind it, or NULL. */
static struct zpl_json *new_node(enum zpl_json_kind kind, size_t extra)
{
    struct zpl_json *node = zpl_malloc(sizeof *node + extra);
    if (!node)
        return NULL;
    *node = (struct zpl_json){.kind = kind, .refs = 1};
    return node;
}

struct zpl_json *zpl_json_object(void)
{
    return new_node(ZPL_JSON_OBJECT, 0);
}

struct zpl_json *zpl_json_array(void)
{
    return new_node(ZPL_JSON_ARRAY, 0);
}

struct zpl_json *zpl_json_string(const char *s)
{
    return s ? zpl_json_stringn(s, strlen(s)) : zpl_json_null();
}

struct zpl_json *zpl_json_stringn(const char *s, size_t n)
{
    if (n > ZPL_BUF_BYTES_MAX || !zpl_utf8_valid(s, n))
        return NULL;
    struct zpl_json *node = new_node(ZPL_JSON_STRING, n + 1);
    if (!node)
        return NULL;
    node->string.text = (char *)(node + 1);
    node->string.len = n;
    if (n > 0)
        memcpy(node->string.text, s, n);
    node->string.text[n] = '\0';
    return node;
}

struct zpl_json *zpl_json_int(int64_t v)
{
    struct zpl_json *node = new_node(ZPL_JSON_INT, 0);
    if (node)
        node->integer = v;
    return node;
}

struct zpl_json *zpl_json_real(double v)
{
    if (!isfinite(v))
        return zpl_json_string(isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
    struct zpl_json *node = new_node(ZPL_JSON_REAL, 0);
    if (node)
        node->real = v;
    return node;
}

struct zpl_json *zpl_json_bool(bool v)
{
    return v ? &true_value : &false_value;
}

struct zpl_json *zpl_json_null(void)
{
    return &null_value;
}

struct zpl_json *zpl_json_writing(size_t count, zpl_json_write_fn *write, const void *of,
                                  size_t size)
{
    struct zpl_json *node = new_node(ZPL_JSON_ARRAY, size);
    if (!node)
        return NULL;
    node->writing = true;
    node->written.write = write;
    node->written.count = count;
    memcpy(node + 1, of, size);
    return node;
}

struct zpl_json *zpl_json_ref(const struct zpl_json *v)
{
    struct zpl_json *node = (struct zpl_json *)v;
    if (node && node->refs > 0)
        node->refs++;
    return node;
}

void zpl_json_release(struct zpl_json *v)
{
    if (!v || v->refs == 0 || --v->refs > 0)
        return;
    if (v->kind == ZPL_JSON_ARRAY && !v->writing) {
        for (size_t i = 0; i < v->array.count; i++)
            zpl_json_release(v->array.items[i]);
        free(v->array.items);
    } else if (v->kind == ZPL_JSON_OBJECT) {
        for (size_t i = 0; i < v->object.count; i++) {
            free(v->object.items[i].long_key);
            zpl_json_release(v->object.items[i].value);
        }
        free(v->object.items);
    }
    free(v);
}

/* Bytes of UTF-8 ranked as their characters are in UTF-16: those from U+10000 on (lead bytes F0 to
 * F4) are surrogates there and stand before U+E000 to U+FFFF (lead bytes EE and EF). */
static int utf16_rank(unsigned char b)
{
    if (b < 0xEE)
        return b;
    return b < 0xF0 ? b + 0x10 : b - 0x02;
}

int zpl_json_compare_keys(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return utf16_rank((unsigned char)*a) - utf16_rank((unsigned char)*b);
}

static int compare_members(const void *a, const void *b)
{
    const struct zpl_json_member *x = a, *y = b;
    return zpl_json_compare_keys(zpl_json_member_key(x), zpl_json_member_key(y));
}

/* The place of `key` among the members, or where it would stand; *found tells which. */
static size_t find_member(const struct zpl_json *object, const char *key, bool *found)
{
    const struct zpl_json_member *items = object->object.items;
    size_t low = 0, high = object->object.count;
    *found = false;
    /* Built and parsed in order, most objects only ever grow at the end. */
    if (high > 0 && zpl_json_compare_keys(zpl_json_member_key(&items[high - 1]), key) < 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = zpl_json_compare_keys(key, zpl_json_member_key(&items[middle]));
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Room for one more item of `size` bytes in items[0..count); false when memory is out. */
static bool grow(void **items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? *room * 2 : 8;
    void *larger = zpl_realloc(*items, wanted * size);
    if (!larger)
        return false;
    *items = larger;
    *room = wanted;
    return true;
}

/* A member of that key without a value; false when memory is out. */
static bool name_member(struct zpl_json_member *member, const char *key, size_t len)
{
    *member = (struct zpl_json_member){0};
    if (len < sizeof member->short_key)
        memcpy(member->short_key, key, len);
    else
        member->long_key = zpl_strdup(key);
    return len < sizeof member->short_key || member->long_key;
}

/* Puts a member in its place; false when memory is out or the key is not UTF-8. */
static bool set(struct zpl_json *object, const char *key, struct zpl_json *value)
{
    bool found;
    size_t i = find_member(object, key, &found);
    if (found) {
        zpl_json_release(object->object.items[i].value);
        object->object.items[i].value = value;
        return true;
    }
    size_t len = strlen(key);
    struct zpl_json_member member;
    if (!zpl_utf8_valid(key, len))
        return false;
    void *items = object->object.items;
    bool fits =
        grow(&items, object->object.count, &object->object.room, sizeof *object->object.items);
    object->object.items = items;
    if (!fits || !name_member(&member, key, len))
        return false;
    member.value = value;
    struct zpl_json_member *place = &object->object.items[i];
    memmove(place + 1, place, (object->object.count - i) * sizeof *place);
    *place = member;
    object->object.count++;
    return true;
}

bool zpl_json_set_take(struct zpl_json *object, const char *key, struct zpl_json *value)
{
    if (zpl_json_kind(object) == ZPL_JSON_OBJECT) {
        if (value && set(object, key, value))
            return true;
        object->failed = true;
    }
    zpl_json_release(value);
    return false;
}

bool zpl_json_add_take(struct zpl_json *array, struct zpl_json *value)
{
    if (zpl_json_kind(array) == ZPL_JSON_ARRAY && array->writing) {
        array->failed = true;
    } else if (zpl_json_kind(array) == ZPL_JSON_ARRAY) {
        void *items = array->array.items;
        bool fits = value && grow(&items, array->array.count, &array->array.room,
                                  sizeof *array->array.items);
        array->array.items = items;
        if (fits) {
            array->array.items[array->array.count++] = value;
            return true;
        }
        array->failed = true;
    }
    zpl_json_release(value);
    return false;
}

enum zpl_json_kind zpl_json_kind(const struct zpl_json *v)
{
    return v ? v->kind : ZPL_JSON_ABSENT;
}

bool zpl_json_is_odd_real(const struct zpl_json *v, double *out)
{
    static const struct {
        const char *text;
        double value;
    } odd[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    const char *s = zpl_json_str(v, "");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        if (strcmp(s, odd[i].text) == 0) {
            *out = odd[i].value;
            return true;
        }
    return false;
}

const struct zpl_json *zpl_json_get(const struct zpl_json *object, const char *key)
{
    if (zpl_json_kind(object) != ZPL_JSON_OBJECT)
        return NULL;
    bool found;
    size_t i = find_member(object, key, &found);
    return found ? object->object.items[i].value : NULL;
}

const struct zpl_json *zpl_json_at(const struct zpl_json *array, size_t i)
{
    if (zpl_json_kind(array) != ZPL_JSON_ARRAY || array->writing || i >= array->array.count)
        return NULL;
    return array->array.items[i];
}

size_t zpl_json_count(const struct zpl_json *v)
{
    if (zpl_json_kind(v) == ZPL_JSON_ARRAY)
        return v->writing ? v->written.count : v->array.count;
    return zpl_json_kind(v) == ZPL_JSON_OBJECT ? v->object.count : 0;
}

/* The i-th member, or NULL. */
static const struct zpl_json_member *member_at(const struct zpl_json *object, size_t i)
{
    if (zpl_json_kind(object) != ZPL_JSON_OBJECT || i >= object->object.count)
        return NULL;
    return &object->object.items[i];
}

const struct zpl_json *zpl_json_value_at(const struct zpl_json *object, size_t i)
{
    const struct zpl_json_member *member = member_at(object, i);
    return member ? member->value : NULL;
}

const char *zpl_json_key_at(const struct zpl_json *object, size_t i)
{
    const struct zpl_json_member *member = member_at(object, i);
    return member ? zpl_json_member_key(member) : NULL;
}

const char *zpl_json_strn(const struct zpl_json *v, size_t *len)
{
    if (zpl_json_kind(v) != ZPL_JSON_STRING)
        return NULL;
    *len = v->string.len;
    return v->string.text;
}

const char *zpl_json_str(const struct zpl_json *v, const char *fallback)
{
    size_t len;
    const char *text = zpl_json_strn(v, &len);
    return text && strlen(text) == len ? text : fallback;
}

int64_t zpl_json_i64(const struct zpl_json *v, int64_t fallback)
{
    return zpl_json_kind(v) == ZPL_JSON_INT ? v->integer : fallback;
}

double zpl_json_f64(const struct zpl_json *v, double fallback)
{
    if (zpl_json_kind(v) == ZPL_JSON_INT)
        return (double)v->integer;
    return zpl_json_kind(v) == ZPL_JSON_REAL ? v->real : fallback;
}

bool zpl_json_truth(const struct zpl_json *v, bool fallback)
{
    return zpl_json_kind(v) == ZPL_JSON_BOOL ? v->truth : fallback;
}

/* jansson tells only some of its failed allocations: others look like mistakes in the text, and
 * some leave digits out of a number.  So each is remembered here, and nothing it then says counts.
 */
static _Thread_local bool starved;

static void *allocate(size_t size)
{
    void *p = zpl_malloc(size);
    starved = starved || !p;
    return p;
}

static void set_allocator(void)
{
    json_set_alloc_funcs(allocate, free);
}

static struct zpl_json *convert(const json_t *v);

static struct zpl_json *convert_array(const json_t *v)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; array && i < json_array_size(v); i++) {
        if (!zpl_json_add_take(array, convert(json_array_get(v, i)))) {
            zpl_json_release(array);
            return NULL;
        }
    }
    return array;
}

/* Members are sorted once at the end: inserting each in its place would cost the square. */
static struct zpl_json *convert_object(json_t *v)
{
    struct zpl_json *object = zpl_json_object();
    size_t count = json_object_size(v);
    if (!object || count == 0)
        return object;
    object->object.items = zpl_calloc(count, sizeof *object->object.items);
    object->object.room = object->object.items ? count : 0;
    bool ok = object->object.items != NULL;
    for (void *it = json_object_iter(v); ok && it; it = json_object_iter_next(v, it)) {
        struct zpl_json_member *member = &object->object.items[object->object.count++];
        const char *key = json_object_iter_key(it);
        ok = name_member(member, key, strlen(key));
        member->value = ok ? convert(json_object_iter_value(it)) : NULL;
        ok = ok && member->value;
    }
    if (!ok) {
        zpl_json_release(object);
        return NULL;
    }
    qsort(object->object.items, count, sizeof *object->object.items, compare_members);
    return object;
}

/* Our tree of jansson's, whose depth was checked; NULL when memory is out. */
static struct zpl_json *convert(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return convert_object((json_t *)v);
    case JSON_ARRAY:
        return convert_array(v);
    case JSON_STRING:
        return zpl_json_stringn(json_string_value(v), json_string_length(v));
    case JSON_INTEGER:
        return zpl_json_int(json_integer_value(v));
    case JSON_REAL:
        return zpl_json_real(json_real_value(v));
    case JSON_NULL:
        return zpl_json_null();
    default:
        return zpl_json_bool(json_is_true(v));
    }
}

/* What a first look at the text tells. */
struct look {
    const char *text;
    size_t len;
    size_t at;    /* how far it is */
    size_t depth; /* open brackets */
};

/* Behind the string that begins at look->at. */
static size_t string_end(const struct look *look)
{
    size_t i = look->at + 1;
    while (i < look->len && look->text[i] != '"')
        i += look->text[i] == '\\' ? 2 : 1;
    return i < look->len ? i + 1 : look->len;
}

/* Behind the number that begins at look->at; *big tells if it is whole and beyond 64 bits. */
static size_t number_end(const struct look *look, bool *big)
{
    size_t begin = look->at, i = begin + (look->text[begin] == '-');
    size_t first = i;
    while (i < look->len && look->text[i] >= '0' && look->text[i] <= '9')
        i++;
    size_t digits = i - first;
    const char *most = first > begin ? "9223372036854775808" : "9223372036854775807";
    *big = digits > 19 || (digits == 19 && memcmp(look->text + first, most, 19) > 0);
    for (; i < look->len && look->text[i] && strchr("+-.eE0123456789", look->text[i]); i++)
        *big = false;
    return i;
}

/* Moves behind the next big number (true), or to the end or a bracket that is too deep (false). */
static bool next_big(struct look *look)
{
    while (look->at < look->len) {
        char c = look->text[look->at];
        bool big = false;
        if (c == '"') {
            look->at = string_end(look);
            continue;
        }
        if (c == '-' || (c >= '0' && c <= '9')) {
            look->at = number_end(look, &big);
            if (big)
                return true;
            continue;
        }
        if (c == '[' || c == '{') {
            if (look->depth == ZPL_JSON_DEPTH_MAX)
                return false;
            look->depth++;
        } else if ((c == ']' || c == '}') && look->depth > 0) {
            look->depth--;
        }
        look->at++;
    }
    return false;
}

/* jansson refuses whole numbers beyond 64 bits, which canonical text has for large reals: they get
 * a ".0" in a copy, which stays empty when there are none.  ZPL_ERR_LIMIT and where, when the text
 * nests too deep. */
static enum zpl_err mark_big(const char *text, size_t len, struct zpl_buf *copy, size_t *at)
{
    struct look look = {.text = text, .len = len};
    size_t copied = 0;
    while (next_big(&look)) {
        zpl_buf_add(copy, text + copied, look.at - copied);
        zpl_buf_puts(copy, ".0");
        copied = look.at;
    }
    if (look.at < len) {
        *at = look.at;
        return ZPL_ERR_LIMIT;
    }
    if (copied > 0)
        zpl_buf_add(copy, text + copied, len - copied);
    return zpl_buf_error(copy);
}

/* An offset into the copy as one into the text. */
static size_t unmark(const char *text, size_t len, size_t offset)
{
    struct look look = {.text = text, .len = len};
    size_t added = 0;
    while (next_big(&look) && look.at + added < offset)
        added += 2;
    return offset - added;
}

/* Is the text a whole number as canonical text has it, of a few digits?  Most values of rows are. */
static bool read_int(const char *text, size_t len, int64_t *out)
{
    size_t i = len > 0 && text[0] == '-', digits = len - i;
    *out = 0;
    if (digits == 0 || digits > 18 || (text[i] == '0' && len > 1))
        return false;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
        *out = *out * 10 + (text[i] - '0');
    if (text[0] == '-')
        *out = -*out;
    return i == len;
}

enum zpl_err zpl_json_parse(const char *text, size_t len, struct zpl_json **out,
                            size_t *error_offset)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_allocator);
    struct zpl_buf copy = {0};
    json_t *tree = NULL;
    size_t at = 0;
    int64_t number;
    *out = NULL;
    if (read_int(text, len, &number)) {
        *out = zpl_json_int(number);
        return *out ? ZPL_OK : ZPL_ERR_NOMEM;
    }
    enum zpl_err err = mark_big(text, len, &copy, &at);
    if (err != ZPL_OK)
        goto done;
    json_error_t error;
    starved = false;
    size_t flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    tree = copy.len > 0 ? json_loadb(copy.data, copy.len, flags, &error)
                        : json_loadb(text, len, flags, &error);
    if (tree && !starved)
        *out = convert(tree);
    if (*out)
        goto done;
    err = tree || starved ? ZPL_ERR_NOMEM : ZPL_ERR_INPUT;
    if (err == ZPL_ERR_INPUT)
        at = unmark(text, len, error.position > 0 ? (size_t)error.position : 0);
done:
    json_decref(tree);
    zpl_buf_release(&copy);
    if (err != ZPL_OK && error_offset)
        *error_offset = at > len ? len : at;
    return err;
}
