#include "lang/types/moment.h"

/* The number that exactly `digits` digits at s[*at] make; steps over them. */
static bool number(const char *s, size_t n, size_t *at, int digits, int *out)
{
    *out = 0;
    for (int k = 0; k < digits; k++, (*at)++) {
        if (*at >= n || s[*at] < '0' || s[*at] > '9')
            return false;
        *out = *out * 10 + (s[*at] - '0');
    }
    return true;
}

static bool mark(const char *s, size_t n, size_t *at, char c)
{
    if (*at >= n || s[*at] != c)
        return false;
    (*at)++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01: whole years by the leap-year rule, then months, then days. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400;
    for (int m = 1; m < month; m++)
        days += days_in(year, m);
    return days + day - 1 - 719162; /* 719162 days from 0001-01-01 to 1970-01-01 */
}

static bool read_date(const char *s, size_t n, size_t *at, int64_t *days)
{
    int year, month, day;
    if (!number(s, n, at, 4, &year) || !mark(s, n, at, '-') || !number(s, n, at, 2, &month) ||
        !mark(s, n, at, '-') || !number(s, n, at, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *days = days_since_epoch(year, month, day);
    return true;
}

bool zpl_date_read(const char *s, size_t n, int64_t *days)
{
    size_t at = 0;
    return read_date(s, n, &at, days) && at == n;
}

/* Up to six digits of a second behind the point, as microseconds. */
static bool read_fraction(const char *s, size_t n, size_t *at, int64_t *us)
{
    int64_t unit = 100000;
    size_t begin = *at;
    for (; *at < n && s[*at] >= '0' && s[*at] <= '9'; (*at)++, unit /= 10)
        *us += (s[*at] - '0') * unit;
    return *at > begin && *at - begin <= 6;
}

static bool read_clock(const char *s, size_t n, size_t *at, int64_t *us)
{
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!number(s, n, at, 2, &hour) || !mark(s, n, at, ':') || !number(s, n, at, 2, &minute))
        return false;
    if (mark(s, n, at, ':') && !number(s, n, at, 2, &second))
        return false;
    if (mark(s, n, at, '.') && !read_fraction(s, n, at, &fraction))
        return false;
    *us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + fraction;
    return hour < 24 && minute < 60 && second < 60;
}

static bool read_zone(const char *s, size_t n, size_t *at, int64_t *us)
{
    int hour, minute;
    if (mark(s, n, at, 'Z') || *at == n)
        return true;
    int sign = mark(s, n, at, '+') ? -1 : mark(s, n, at, '-') ? 1 : 0;
    if (!sign || !number(s, n, at, 2, &hour) || !mark(s, n, at, ':') ||
        !number(s, n, at, 2, &minute) || hour > 15 || minute > 59)
        return false;
    *us += sign * ((int64_t)hour * 3600 + minute * 60) * 1000000;
    return true;
}

bool zpl_timestamp_read(const char *s, size_t n, int64_t *us)
{
    size_t at = 0;
    int64_t days, clock = 0;
    if (!read_date(s, n, &at, &days))
        return false;
    bool timed = mark(s, n, &at, 'T') || mark(s, n, &at, ' ');
    if (timed && (!read_clock(s, n, &at, &clock) || !read_zone(s, n, &at, &clock)))
        return false;
    *us = days * 86400000000 + clock;
    return at == n;
}
