/* text_number.c - numbers, sizes and durations as people and machines write them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"

#define DIGITS_MAX 17 /* significant decimal digits that tell every double from the others */

/* A positive finite number as 0.d1d2d3… × 10^point. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int count; /* without zeros at the end */
    int point;
};

/* v rounded to `precision` digits; true if that reads back as v. */
static bool round_to(double v, int precision, struct decimal *out)
{
    char text[DIGITS_MAX + 16];
    snprintf(text, sizeof text, "%.*e", precision - 1, v);
    out->digits[0] = text[0];
    if (precision > 1)
        memcpy(out->digits + 1, text + 2, (size_t)precision - 1);
    const char *exponent = strchr(text, 'e');
    out->point = atoi(exponent + 1) + 1;
    out->count = precision;
    return strtod(text, NULL) == v;
}

static bool reads_back(const struct decimal *d, double v)
{
    char text[DIGITS_MAX + 32];
    snprintf(text, sizeof text, "0.%.*se%d", d->count, d->digits, d->point);
    return strtod(text, NULL) == v;
}

/* The next larger decimal of as many digits. */
static void step_up(struct decimal *d)
{
    int i = d->count - 1;
    while (i >= 0 && d->digits[i] == '9')
        d->digits[i--] = '0';
    if (i >= 0) {
        d->digits[i]++;
    } else {
        d->digits[0] = '1';
        d->point++;
    }
}

/* v with few digits, as most numbers written by people have: if the whole number m = v × 10^k is
 * exact and has at most 15 digits, then m / 10^k is the only such decimal that reads back as v,
 * since dividing two exact doubles rounds once, as reading does. */
static bool few_digits(double v, struct decimal *out)
{
    static const double POWERS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    for (int k = 0; k < (int)(sizeof POWERS / sizeof *POWERS); k++) {
        double m = rint(v * POWERS[k]);
        if (!(m < 1e15))
            return false;
        if (m < 1 || m / POWERS[k] != v)
            continue;
        char text[24];
        out->count = snprintf(text, sizeof text, "%" PRId64, (int64_t)m);
        memcpy(out->digits, text, (size_t)out->count);
        out->point = out->count - k;
        return true;
    }
    return false;
}

/* The shortest decimal that reads back as the positive finite v, of those the nearest.
 * Fifteen digits tell normal doubles' decimals apart, so zeros at the end of the rounded fifteen
 * are all there is to save; subnormal ones hold fewer.  At a power of two the doubles below are
 * closer than those above, so that sixteen digits may fit above where the nearest sixteen don't. */
static void shortest(double v, struct decimal *out)
{
    if (!few_digits(v, out)) {
        int unused, precision = isnormal(v) ? 15 : 1;
        bool power_of_two = frexp(v, &unused) == 0.5;
        while (!round_to(v, precision, out)) {
            if (power_of_two) {
                step_up(out);
                if (reads_back(out, v))
                    break;
            }
            precision++;
        }
    }
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
}

/* Number::toString of ECMAScript, for a positive finite v. */
static void put_positive(struct zpl_buf *out, double v)
{
    struct decimal d;
    shortest(v, &d);
    if (d.point > 21 || d.point <= -6) {
        zpl_buf_putc(out, d.digits[0]);
        if (d.count > 1) {
            zpl_buf_putc(out, '.');
            zpl_buf_add(out, d.digits + 1, (size_t)d.count - 1);
        }
        zpl_buf_printf(out, "e%+d", d.point - 1);
    } else if (d.point <= 0) {
        zpl_buf_puts(out, "0.");
        zpl_buf_repeat(out, '0', (size_t)-d.point);
        zpl_buf_add(out, d.digits, (size_t)d.count);
    } else if (d.point < d.count) {
        zpl_buf_add(out, d.digits, (size_t)d.point);
        zpl_buf_putc(out, '.');
        zpl_buf_add(out, d.digits + d.point, (size_t)(d.count - d.point));
    } else {
        zpl_buf_add(out, d.digits, (size_t)d.count);
        zpl_buf_repeat(out, '0', (size_t)(d.point - d.count));
    }
}

void zpl_text_ecma(struct zpl_buf *out, double v)
{
    if (v == 0) {
        zpl_buf_putc(out, '0');
        return;
    }
    if (v < 0)
        zpl_buf_putc(out, '-');
    put_positive(out, fabs(v));
}

void zpl_text_double(struct zpl_buf *out, double v)
{
    if (isnan(v)) {
        zpl_buf_puts(out, "nan");
        return;
    }
    if (signbit(v))
        zpl_buf_putc(out, '-');
    if (isinf(v)) {
        zpl_buf_puts(out, "inf");
        return;
    }
    size_t start = out->len;
    zpl_text_ecma(out, fabs(v));
    if (!strpbrk(zpl_buf_str(out) + start, ".e"))
        zpl_buf_puts(out, ".0");
}

/* Reads "12" or "1.5" at *s as a count of billionths and moves *s behind it. */
static bool read_billionths(const char **s, unsigned __int128 *out)
{
    const uint64_t billion = 1000000000;
    const char *p = *s;
    unsigned __int128 v = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (unsigned)(*p - '0');
        if (v > UINT64_MAX)
            return false;
    }
    if (p == *s)
        return false;
    v *= billion;
    if (*p == '.') {
        const char *first = ++p;
        for (uint64_t place = billion / 10; *p >= '0' && *p <= '9'; p++, place /= 10)
            v += place * (unsigned)(*p - '0');
        if (p == first)
            return false;
    }
    *s = p;
    *out = v;
    return true;
}

/* billionths × unit / 10^9, added to *sum; false when it does not fit. */
static bool add_scaled(unsigned __int128 billionths, uint64_t unit, uint64_t *sum)
{
    unsigned __int128 scaled;
    if (__builtin_mul_overflow(billionths, (unsigned __int128)unit, &scaled))
        return false;
    scaled /= 1000000000u;
    return scaled <= UINT64_MAX && !__builtin_add_overflow(*sum, (uint64_t)scaled, sum);
}

bool zpl_text_size(const char *s, uint64_t *bytes)
{
    unsigned __int128 v;
    if (!read_billionths(&s, &v))
        return false;
    static const char LETTERS[] = "KMGTP";
    uint64_t unit = 1;
    const char *letter = *s ? strchr(LETTERS, *s == 'k' ? 'K' : *s) : NULL;
    if (letter) {
        uint64_t base = s[1] == 'i' ? 1024 : 1000;
        s += base == 1024 ? 2 : 1;
        for (const char *p = LETTERS; p <= letter; p++)
            unit *= base;
    }
    if (*s == 'B')
        s++;
    uint64_t sum = 0;
    if (*s != '\0' || !add_scaled(v, unit, &sum))
        return false;
    *bytes = sum;
    return true;
}

bool zpl_text_duration(const char *s, uint64_t *ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } UNITS[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    uint64_t sum = 0;
    do {
        unsigned __int128 v;
        if (!read_billionths(&s, &v))
            return false;
        size_t n = strspn(s, "mshd"), i = 0, count = sizeof UNITS / sizeof *UNITS;
        while (i < count && (strlen(UNITS[i].name) != n || strncmp(s, UNITS[i].name, n) != 0))
            i++;
        if (i == count || !add_scaled(v, UNITS[i].ms, &sum))
            return false;
        s += n;
    } while (*s);
    *ms = sum;
    return true;
}

void zpl_text_show_bytes(struct zpl_buf *out, uint64_t bytes)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) {
        zpl_buf_printf(out, "%" PRIu64 " B", bytes);
        return;
    }
    uint64_t unit = 1000;
    size_t i = 0;
    /* The next unit as soon as rounding to a tenth would show 1000.0 of this one. */
    while (i + 1 < sizeof UNITS / sizeof *UNITS && bytes / (unit / 20) >= 19999) {
        unit *= 1000;
        i++;
    }
    uint64_t tenths = bytes / (unit / 10) + (bytes % (unit / 10) >= unit / 20);
    zpl_buf_printf(out, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, UNITS[i]);
}

void zpl_text_show_ms(struct zpl_buf *out, uint64_t ms)
{
    uint64_t tenths = ms / 100 + (ms % 100 >= 50), s = ms / 1000 + (ms % 1000 >= 500);
    if (ms < 1000)
        zpl_buf_printf(out, "%" PRIu64 " ms", ms);
    else if (tenths < 600)
        zpl_buf_printf(out, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
    else if (s < 3600)
        zpl_buf_printf(out, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else if (s < 86400)
        zpl_buf_printf(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
    else
        zpl_buf_printf(out, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

void zpl_text_show_count(struct zpl_buf *out, uint64_t n)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            zpl_buf_putc(out, ',');
        zpl_buf_putc(out, digits[i]);
    }
}
