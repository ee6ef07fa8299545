/* datafile_fault.c - where the text of a file goes wrong, found after DuckDB gave up.
 * Floor: stdlib. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "stdlib/file/datafile_format.h"

/* Python writes these; DuckDB takes them. */
static bool has_odd_numbers(const char *text)
{
    return strstr(text, "NaN") != NULL || strstr(text, "Infinity") != NULL;
}

/* `advice` may be "". */
static const char *bad_text(long long line, const char *text, size_t len, size_t at,
                            const char *advice, struct zpl_arena *arena)
{
    enum { BEFORE = 16, BEHIND = 12 };
    size_t begin = at < BEFORE ? 0 : at - BEFORE, end = len - at < BEHIND ? len : at + BEHIND;
    while (begin < at && ((unsigned char)text[begin] & 0xC0) == 0x80)
        begin++;
    while (end > at && end < len && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    return zpl_arena_printf(arena, "is no JSON: line %lld%s%s%s%s", line,
                            at == len ? ", at its end" : "", begin < end ? ", near " : "",
                            begin < end ? zpl_datafile_quote(text + begin, end - begin, arena) : "",
                            advice);
}

/* The first line that is no JSON of an object. */
static const char *bad_line(FILE *in, struct zpl_arena *arena)
{
    char *text = NULL;
    size_t room = 0;
    const char *why = NULL;
    long long line = 0;
    ssize_t got;
    while (why == NULL && (got = getline(&text, &room, in)) > 0) {
        struct zpl_json *value = NULL;
        size_t len = (size_t)got, at = 0;
        char *start = text;
        if (++line == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
            start += 3;
            len -= 3;
        }
        while (len > 0 && (start[len - 1] == '\n' || start[len - 1] == '\r'))
            start[--len] = '\0';
        if (strspn(start, " \t\r") == len || has_odd_numbers(start))
            continue;
        if (zpl_json_parse(start, len, &value, &at) == ZPL_ERR_INPUT)
            why = bad_text(line, start, len, at < len ? at : len,
                           " (one object a line is read, or an array of objects)", arena);
        else if (value != NULL && zpl_json_kind(value) != ZPL_JSON_OBJECT)
            why = zpl_arena_printf(arena, "is no JSON of rows: line %lld holds no object", line);
        zpl_json_release(value);
    }
    free(text);
    return why;
}

/* Where an array breaks off; one that is too large for memory is left to DuckDB's words. */
static const char *bad_array(const char *path, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    struct zpl_diags quiet = {0};
    struct zpl_json *value = NULL;
    const char *why = NULL;
    size_t at = 0, line = 1, start = 0;
    if (zpl_fs_read_file(path, ZPL_BUF_BYTES_MAX, &text, &quiet) == ZPL_OK &&
        !has_odd_numbers(zpl_buf_str(&text))) {
        size_t skip = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (zpl_json_parse(text.data + skip, text.len - skip, &value, &at) == ZPL_ERR_INPUT) {
            at = at + skip < text.len ? at + skip : text.len;
            for (size_t i = 0; i < at; i++)
                if (text.data[i] == '\n') {
                    line++;
                    start = i + 1;
                }
            size_t end = start + strcspn(text.data + start, "\r\n");
            why = bad_text((long long)line, text.data + start, end - start, at - start, "", arena);
        }
    }
    for (size_t i = 0; why == NULL && i < zpl_json_count(value); i++)
        if (zpl_json_kind(value) == ZPL_JSON_ARRAY &&
            zpl_json_kind(zpl_json_at(value, i)) != ZPL_JSON_OBJECT)
            why = zpl_arena_printf(arena, "is no JSON of rows: element %zu is no object", i + 1);
    zpl_json_release(value);
    zpl_buf_release(&text);
    zpl_diags_release(&quiet);
    return why;
}

/* 'has the key "a" twice', of DuckDB's words. */
static const char *key_twice(const char *said, struct zpl_arena *arena)
{
    static const char words[] = "has duplicate key \"";
    const char *key = strstr(said, words), *line = strstr(said, " in line "), *end;
    if (key == NULL)
        return NULL;
    key += sizeof words - 1;
    end = strrchr(key, '"');
    if (end == NULL)
        return NULL;
    const char *quoted = zpl_datafile_quote(key, (size_t)(end - key), arena);
    if (line == NULL)
        return zpl_arena_printf(arena, "has the key %s twice in one object", quoted);
    return zpl_arena_printf(arena, "has the key %s twice in line %ld", quoted,
                            strtol(line + 9, NULL, 10));
}

/* Do DuckDB's words name another file?  Of several that are one table each is asked about. */
static bool names_other(const char *said, const char *path)
{
    static const char words[] = "file \"";
    const char *named = strstr(said, words);
    size_t n = strlen(path);
    if (named == NULL)
        return false;
    named += sizeof words - 1;
    return strncmp(named, path, n) != 0 || named[n] != '"';
}

const char *zpl_datafile_json_fault(const char *path, const char *said, struct zpl_arena *arena)
{
    if (names_other(said, path))
        return NULL;
    const char *why = key_twice(said, arena);
    if (why != NULL)
        return why;
    if (strstr(said, "maximum_object_size") != NULL)
        return "has an object of more than 16 MiB";
    if (strstr(said, "JSON") == NULL)
        return NULL;
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return NULL;
    int c = getc(in);
    while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xEF || c == 0xBB || c == 0xBF)
        c = getc(in);
    rewind(in);
    why = c == '[' ? bad_array(path, arena) : bad_line(in, arena);
    fclose(in);
    return why;
}

/* DuckDB says nothing that helps of a file whose lines end in different ways. */
const char *zpl_datafile_csv_fault(const char *path, const char *said, struct zpl_arena *arena)
{
    long long line = 1, other = 0;
    int first = 0, last = 0, c;
    FILE *in = strstr(said, "state machine reached an invalid state") ? fopen(path, "re") : NULL;
    if (in == NULL)
        return NULL;
    while (other == 0 && (c = getc(in)) != EOF) {
        if (c == '\n') {
            int end = last == '\r' ? '\r' : '\n'; /* CR LF, or LF alone */
            if (first != 0 && end != first)
                other = line;
            first = end;
            line++;
        }
        last = c;
    }
    fclose(in);
    if (other == 0)
        return NULL;
    return zpl_arena_printf(
        arena,
        "has lines that end in CR LF and lines that end in LF: line %lld is the "
        "first that ends otherwise than those before; let all end alike",
        other);
}
