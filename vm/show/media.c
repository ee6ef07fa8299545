/* media.c - kinds of files by their first bytes.   Floor: vm. */
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "vm/show/preview.h"

static const struct {
    const char *start;
    size_t len;
    const char *media;
} MAGIC[] = {
    {"\x89PNG\r\n\x1a\n", 8, "image/png"},
    {"\xff\xd8\xff", 3, "image/jpeg"},
    {"GIF8", 4, "image/gif"},
    {"%PDF-", 5, "application/pdf"},
    {"PK\x03\x04", 4, "application/zip"},
    {"\x1f\x8b", 2, "application/gzip"},
    {"(\xb5/\xfd", 4, "application/zstd"},
    {"\x93NUMPY", 6, "application/x-npy"},
    {"PAR1", 4, "application/vnd.apache.parquet"},
    {"ARROW1", 6, "application/vnd.apache.arrow.file"},
    {"SQLite format 3", 15, "application/vnd.sqlite3"},
    {"\x7f"
     "ELF",
     4, "application/x-elf"},
    {"\x80\x04\x95", 3, "application/x-pickle"},
    {"<!DOCTYPE html", 14, "text/html"},
    {"<!doctype html", 14, "text/html"},
    {"<html", 5, "text/html"},
    {"<?xml", 5, "application/xml"},
    {"<svg", 4, "image/svg+xml"},
};

/* What a text is called by its name's ending. */
static const struct {
    const char *ending, *media;
} TEXTS[] = {
    {".csv", "text/csv"},         {".tsv", "text/tab-separated-values"},
    {".md", "text/markdown"},     {".json", "application/json"},
    {".html", "text/html"},       {".jsonl", "application/x-ndjson"},
    {".py", "text/x-python"},     {".yaml", "application/yaml"},
    {".yml", "application/yaml"},
};

/* UTF-8 without NULs; a character cut by the end of what was read is fine. */
static bool is_text(const char *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        size_t n = zpl_utf8_next(data + i, len - i, &cp);
        if (data[i] == '\0' || (n == 1 && (unsigned char)data[i] >= 0x80 && len - i >= 4))
            return false;
        i += n;
    }
    return true;
}

/* A container says what it holds behind its length. */
static const char *riff_type(const char *data, size_t len)
{
    if (len < 12 || memcmp(data, "RIFF", 4) != 0)
        return NULL;
    return memcmp(data + 8, "WEBP", 4) == 0   ? "image/webp"
           : memcmp(data + 8, "WAVE", 4) == 0 ? "audio/wav"
                                              : NULL;
}

static uint32_t big(const unsigned char *p, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* A JPEG says its size in the first of its segments C0 to CF that is no table. */
static bool jpeg_pixels(const unsigned char *p, size_t len, uint32_t *width, uint32_t *height)
{
    for (size_t at = 2; at + 9 < len && p[at] == 0xff; at += 2 + big(p + at + 2, 2)) {
        unsigned char kind = p[at + 1];
        if (kind < 0xc0 || kind > 0xcf || kind == 0xc4 || kind == 0xc8 || kind == 0xcc)
            continue;
        *height = big(p + at + 5, 2);
        *width = big(p + at + 7, 2);
        return true;
    }
    return false;
}

bool zpl_media_pixels(const char *media, const char *data, size_t len, uint32_t *width,
                      uint32_t *height)
{
    const unsigned char *p = (const unsigned char *)data;
    if (strcmp(media, "image/png") == 0 && len >= 24) {
        *width = big(p + 16, 4);
        *height = big(p + 20, 4);
        return true;
    }
    if (strcmp(media, "image/gif") == 0 && len >= 10) {
        *width = p[6] | (uint32_t)p[7] << 8;
        *height = p[8] | (uint32_t)p[9] << 8;
        return true;
    }
    return strcmp(media, "image/jpeg") == 0 && jpeg_pixels(p, len, width, height);
}

static bool begins(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0;
}

/* Behind the next `word`; `end` where there is none. */
static const char *behind(const char *at, const char *end, const char *word)
{
    const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
    return found != NULL ? found + strlen(word) : end;
}

/* The element that XML is, behind the declaration, the remarks and the kind of document that it begins with. */
static const char *root_of(const char *at, const char *end)
{
    while (at < end) {
        if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
            at++;
        } else if (begins(at, end, "<?")) {
            at = behind(at, end, "?>");
        } else if (begins(at, end, "<!--")) {
            at = behind(at, end, "-->");
        } else if (begins(at, end, "<!")) {
            const char *own = memchr(at, '[', (size_t)(end - at)), *close = behind(at, end, ">");
            at = own != NULL && own < close ? behind(behind(own, end, "]"), end, ">") : close;
        } else {
            return at;
        }
    }
    return end;
}

/* Is it a drawing: an element svg, whatever its namespace is called? */
static bool is_svg(const char *data, size_t len)
{
    const char *end = data + len, *at = root_of(data, end);
    size_t name = 0;
    if (at == end || *at != '<')
        return false;
    for (at++; at + name < end && strchr(" \t\r\n/>", at[name]) == NULL;)
        name++;
    const char *colon = memchr(at, ':', name);
    size_t prefix = colon != NULL ? (size_t)(colon - at) + 1 : 0;
    return name - prefix == 3 && memcmp(at + prefix, "svg", 3) == 0;
}

/* How names of pictures and documents end; the first of a kind is the usual one. */
static const struct {
    const char *ending, *media;
} PICTURES[] = {
    {".png", "image/png"},       {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},       {".webp", "image/webp"}, {".svg", "image/svg+xml"},
    {".pdf", "application/pdf"}, {".html", "text/html"},  {".htm", "text/html"},
};

const char *zpl_media_ending(const char *media)
{
    for (size_t i = 0; i < sizeof PICTURES / sizeof PICTURES[0]; i++)
        if (strcmp(PICTURES[i].media, media) == 0)
            return PICTURES[i].ending;
    return NULL;
}

const char *zpl_media_of_ending(const char *ending)
{
    for (size_t i = 0; i < sizeof PICTURES / sizeof PICTURES[0]; i++)
        if (zpl_text_equal_nocase(PICTURES[i].ending, ending))
            return PICTURES[i].media;
    return NULL;
}

const char *zpl_media_type(const char *path, const char *data, size_t len)
{
    size_t n = strlen(path);
    if (riff_type(data, len) != NULL)
        return riff_type(data, len);
    for (size_t i = 0; i < sizeof MAGIC / sizeof MAGIC[0]; i++)
        if (len >= MAGIC[i].len && memcmp(data, MAGIC[i].start, MAGIC[i].len) == 0)
            return strcmp(MAGIC[i].media, "application/xml") == 0 && is_svg(data, len)
                       ? "image/svg+xml"
                       : MAGIC[i].media;
    if (len == 0)
        return "empty";
    if (!is_text(data, len))
        return "application/octet-stream";
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        size_t k = strlen(TEXTS[i].ending);
        if (n > k && zpl_text_equal_nocase(path + n - k, TEXTS[i].ending))
            return TEXTS[i].media;
    }
    return data[0] == '{' || data[0] == '[' ? "application/json" : "text/plain";
}
