#include "lang/base/text.h"
#include <string.h>
#include <strings.h>
#include "lang/base/limits.h"

size_t zpl_utf8_next(const char *s, size_t n, uint32_t *cp)
{
    const unsigned char *b = (const unsigned char *)s;
    *cp = 0xFFFD;
    if (n == 0)
        return 0;
    if (b[0] < 0x80) {
        *cp = b[0];
        return 1;
    }
    /* The lead byte tells the length, and the smallest value that needs it. */
    size_t size = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
    if (b[0] < 0xC2 || b[0] > 0xF4 || n < size)
        return 1;
    uint32_t v = b[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 1;
        v = v << 6 | (b[i] & 0x3F);
    }
    if (v < SMALLEST[size] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 1;
    *cp = v;
    return size;
}

/* The bytes of s[0..n) from its start that are ASCII. */
static size_t ascii_prefix(const char *s, size_t n)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, s + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (i < n && (unsigned char)s[i] < 0x80)
        i++;
    return i;
}

bool zpl_utf8_valid(const char *s, size_t n)
{
    for (size_t i = ascii_prefix(s, n); i < n;) {
        uint32_t cp;
        size_t size = zpl_utf8_next(s + i, n - i, &cp);
        if (size == 1 && (unsigned char)s[i] >= 0x80)
            return false;
        i += size;
    }
    return true;
}

size_t zpl_utf8_length(const char *s, size_t n)
{
    size_t i = ascii_prefix(s, n), count = i;
    for (uint32_t cp; i < n; count++)
        i += zpl_utf8_next(s + i, n - i, &cp);
    return count;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment by dynamic programming over three rows: rows[i % 3][j] edits turn the
 * first i bytes of a into the first j of b. */
int zpl_text_distance(const char *a, const char *b, int limit)
{
    size_t n = strlen(a), m = strlen(b);
    size_t apart = n > m ? n - m : m - n;
    if (limit < 0 || n > ZPL_NAME_MAX || m > ZPL_NAME_MAX || apart > (size_t)limit)
        return limit + 1;
    int rows[3][ZPL_NAME_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        int best = row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > limit)
            return limit + 1;
    }
    return least(rows[n % 3][m], limit + 1);
}

/* So many letters are enough to mean a word that begins with them. */
#define BEGUN_LEAST 3

/* The one candidate that begins with the word, "dist" of "distance"; NULL: none, or several. */
static const char *begun(const char *word, size_t n, const char *const *candidates, size_t count)
{
    const char *found = NULL;
    size_t with = 0;
    for (size_t i = 0; i < count; i++)
        if (strncasecmp(candidates[i], word, n) == 0) {
            found = candidates[i];
            with++;
        }
    return n >= BEGUN_LEAST && with == 1 ? found : NULL;
}

const char *zpl_text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t n = strlen(word);
    if (n == 0 || n > ZPL_NAME_MAX)
        return NULL;
    /* One edit in three letters, and never all of them: "x" is not a misspelt "y". */
    int limit = n < 6 ? 1 : (int)(n / 3);
    if (limit >= (int)n)
        limit = (int)n - 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        int distance = zpl_text_distance(word, candidates[i], limit);
        if (distance > limit)
            continue;
        nearest = candidates[i];
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest != NULL ? nearest : begun(word, n, candidates, count);
}

bool zpl_text_is_name(const char *s)
{
    if (*s >= '0' && *s <= '9')
        return false;
    const char *p = s;
    while (*p == '_' || (*p >= '0' && *p <= '9') || (lower(*p) >= 'a' && lower(*p) <= 'z'))
        p++;
    return p > s && *p == '\0';
}

bool zpl_text_equal_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return *a == *b;
}

bool zpl_text_among(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; text && i < count; i++)
        if (zpl_text_equal_nocase(text, words[i]))
            return true;
    return false;
}

void zpl_text_scrub(struct zpl_buf *out, const char *s, size_t n)
{
    size_t kept = 0;
    for (size_t i = ascii_prefix(s, n); i < n;) {
        uint32_t cp;
        size_t size = zpl_utf8_next(s + i, n - i, &cp);
        if (size == 1 && (unsigned char)s[i] >= 0x80) {
            zpl_buf_add(out, s + kept, i - kept);
            zpl_buf_puts(out, "\uFFFD");
            kept = i + 1;
        }
        i += size;
    }
    zpl_buf_add(out, s + kept, n - kept);
}

void zpl_text_quote(struct zpl_buf *out, const char *s)
{
    zpl_buf_putc(out, '"');
    for (size_t n = strlen(s); n > 0;) {
        uint32_t cp;
        size_t size = zpl_utf8_next(s, n, &cp);
        const char *escape = cp == '"'    ? "\\\""
                             : cp == '\\' ? "\\\\"
                             : cp == '\n' ? "\\n"
                             : cp == '\t' ? "\\t"
                             : cp == '\r' ? "\\r"
                                          : NULL;
        if (escape)
            zpl_buf_puts(out, escape);
        else if (cp < 0x20 || cp == 0x7F)
            zpl_buf_printf(out, "\\u%04x", (unsigned)cp);
        else if (cp == 0xFFFD)
            zpl_buf_puts(out, "\uFFFD");
        else
            zpl_buf_add(out, s, size);
        s += size;
        n -= size;
    }
    zpl_buf_putc(out, '"');
}

size_t zpl_names_count(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    return count;
}

void zpl_text_base64(struct zpl_buf *out, const char *s, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < n ? (unsigned char)s[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            zpl_buf_putc(out, i + k > n ? '=' : digits[three >> (18 - 6 * k) & 63]);
    }
}
