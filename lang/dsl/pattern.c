/* Lua's patterns with a clock: find, match, gmatch and gsub as section 6.4.1 of the Lua manual
 * says, for ASCII classes whatever the locale.  A pattern with several `*` can take time polynomial
 * in the text, in C, where no hook runs; so every single step is counted (zpl_sandbox_tick).
 * Limits: CAPTURES_MAX, DEPTH_MAX, and the sandbox's string length and time. */
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include "lang/dsl/sandbox.h"

#define CAPTURES_MAX 32
#define DEPTH_MAX    200 /* of the C stack; only `?`, `-`, captures and the rest after a `*` nest */

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct capture {
    const char *begin;
    ptrdiff_t len; /* or CAPTURE_OPEN, CAPTURE_POSITION */
};
struct matcher {
    lua_State *L;
    struct zpl_sandbox *sandbox;
    const char *text, *text_end;
    const char *pattern_end; /* the byte there is NUL, as Lua keeps strings */
    int depth;
    int count; /* captures begun */
    struct capture captures[CAPTURES_MAX];
};

static const char *match_here(struct matcher *m, const char *s, const char *p);

/* ---- single characters ----------------------------------------------------------------------- */

static bool is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(unsigned char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c);
}

/* Is `c` in the class of the letter behind a '%'?  A capital letter is the complement; what is no
 * letter stands for itself. */
static bool in_class(unsigned char c, unsigned char letter)
{
    bool in;
    switch (letter | 0x20) {
    case 'a':
        in = is_lower(c) || is_upper(c);
        break;
    case 'c':
        in = c < 0x20 || c == 0x7f;
        break;
    case 'd':
        in = is_digit(c);
        break;
    case 'g':
        in = c > 0x20 && c < 0x7f;
        break;
    case 'l':
        in = is_lower(c);
        break;
    case 'p':
        in = c > 0x20 && c < 0x7f && !is_alnum(c);
        break;
    case 's':
        in = c == ' ' || (c >= '\t' && c <= '\r');
        break;
    case 'u':
        in = is_upper(c);
        break;
    case 'w':
        in = is_alnum(c);
        break;
    case 'x':
        in = is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
        break;
    default:
        return letter == c;
    }
    if (!is_lower(letter) && !is_upper(letter))
        return letter == c;
    return in != is_upper(letter);
}

/* The end of the single-character item at p: behind `x`, `%x` or `[set]`. */
static const char *item_end(struct matcher *m, const char *p)
{
    if (p == m->pattern_end)
        luaL_error(m->L, "malformed pattern (it ends too early)");
    if (*p == '%') {
        if (p + 1 == m->pattern_end)
            luaL_error(m->L, "malformed pattern (it ends with '%%')");
        return p + 2;
    }
    if (*p++ != '[')
        return p;
    if (p < m->pattern_end && *p == '^')
        p++;
    do { /* a ']' that comes first is a member */
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end)
            p++;
    } while (p == m->pattern_end || *p != ']');
    return p + 1;
}

/* Is `c` in the set from `[` at p to `]` at last? */
static bool in_set(unsigned char c, const char *p, const char *last)
{
    bool wanted = true;
    if (*++p == '^') {
        wanted = false;
        p++;
    }
    for (; p < last; p++) {
        if (*p == '%') {
            if (in_class(c, (unsigned char)*++p))
                return wanted;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return wanted;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return wanted;
        }
    }
    return !wanted;
}

/* Does the item p..end match the character at s? */
static bool match_one(struct matcher *m, const char *s, const char *p, const char *end)
{
    zpl_sandbox_tick(m->sandbox);
    if (s >= m->text_end)
        return false;
    unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* ---- captures and what is more than one character ---------------------------------------------
 */

static const char *begin_capture(struct matcher *m, const char *s, const char *p, ptrdiff_t len)
{
    if (m->count >= CAPTURES_MAX)
        luaL_error(m->L, "too many captures in a pattern");
    m->captures[m->count++] = (struct capture){.begin = s, .len = len};
    const char *end = match_here(m, s, p);
    if (!end)
        m->count--;
    return end;
}

static const char *end_capture(struct matcher *m, const char *s, const char *p)
{
    int i = m->count - 1;
    while (i >= 0 && m->captures[i].len != CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "malformed pattern (')' without '(')");
    m->captures[i].len = s - m->captures[i].begin;
    const char *end = match_here(m, s, p);
    if (!end)
        m->captures[i].len = CAPTURE_OPEN;
    return end;
}

/* %1 to %9: the text of an earlier capture again. */
static const char *match_back(struct matcher *m, const char *s, char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->count || m->captures[i].len == CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%c in a pattern", digit);
    ptrdiff_t len = m->captures[i].len;
    if (len < 0 || len > m->text_end - s || memcmp(m->captures[i].begin, s, (size_t)len) != 0)
        return NULL;
    return s + len;
}

/* %bxy: from an x to the y that balances it. */
static const char *match_balance(struct matcher *m, const char *s, const char *p)
{
    if (m->pattern_end - p < 2)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->text_end || *s != p[0])
        return NULL;
    int open = 1;
    for (s++; s < m->text_end; s++) {
        zpl_sandbox_tick(m->sandbox);
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == p[0]) {
            open++;
        }
    }
    return NULL;
}

/* %f[set]: at s a run of the set begins.  The text's ends count as '\0'. */
static bool at_frontier(struct matcher *m, const char *s, const char *p, const char *end)
{
    unsigned char before = s == m->text ? '\0' : (unsigned char)s[-1];
    unsigned char here = s < m->text_end ? (unsigned char)*s : '\0';
    return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

/* item* and item+ (`least` 0 and 1): the longest run that lets the rest match. */
static const char *match_longest(struct matcher *m, const char *s, const char *p, const char *end,
                                 ptrdiff_t least)
{
    ptrdiff_t n = 0;
    while (match_one(m, s + n, p, end))
        n++;
    for (; n >= least; n--) {
        zpl_sandbox_tick(m->sandbox);
        const char *found = match_here(m, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* item-: the shortest one. */
static const char *match_shortest(struct matcher *m, const char *s, const char *p, const char *end)
{
    for (;; s++) {
        const char *found = match_here(m, s, end + 1);
        if (found || !match_one(m, s, p, end))
            return found;
    }
}

/* What follows a '%' that is no class; *next is where the pattern goes on, NULL for "a class". */
static const char *match_special(struct matcher *m, const char *s, const char *p, const char **next)
{
    *next = NULL;
    if (p + 1 == m->pattern_end)
        return NULL;
    char letter = p[1];
    if (letter == 'b') {
        *next = p + 4;
        return match_balance(m, s, p + 2);
    }
    if (letter == 'f') {
        if (p + 2 >= m->pattern_end || p[2] != '[')
            luaL_error(m->L, "missing '[' after '%%f' in a pattern");
        const char *end = item_end(m, p + 2);
        *next = end;
        return at_frontier(m, s, p + 2, end) ? s : NULL;
    }
    if (is_digit((unsigned char)letter)) {
        *next = p + 2;
        return match_back(m, s, letter);
    }
    return NULL;
}

/* The end of the match of the whole pattern p at s, or NULL. */
static const char *match_steps(struct matcher *m, const char *s, const char *p)
{
    while (p != m->pattern_end) {
        const char *next;
        if (*p == '(')
            return p[1] == ')' ? begin_capture(m, s, p + 2, CAPTURE_POSITION)
                               : begin_capture(m, s, p + 1, CAPTURE_OPEN);
        if (*p == ')')
            return end_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        if (*p == '%') {
            const char *after = match_special(m, s, p, &next);
            if (next) {
                if (!after)
                    return NULL;
                s = after;
                p = next;
                continue;
            }
        }
        const char *end = item_end(m, p);
        char suffix = end < m->pattern_end ? *end : '\0';
        if (suffix == '*' || suffix == '+')
            return match_longest(m, s, p, end, suffix == '+');
        if (suffix == '-')
            return match_shortest(m, s, p, end);
        bool here = match_one(m, s, p, end);
        if (suffix == '?') {
            const char *found = here ? match_here(m, s + 1, end + 1) : NULL;
            if (found)
                return found;
            p = end + 1;
            continue;
        }
        if (!here)
            return NULL;
        s++;
        p = end;
    }
    return s;
}

static const char *match_here(struct matcher *m, const char *s, const char *p)
{
    if (++m->depth > DEPTH_MAX)
        luaL_error(m->L, "pattern too complex");
    const char *end = match_steps(m, s, p);
    m->depth--;
    return end;
}

/* ---- results --------------------------------------------------------------------------------- */

static void init_matcher(struct matcher *m, lua_State *L, const char *s, size_t len, const char *p,
                         size_t p_len)
{
    m->L = L;
    m->sandbox = zpl_sandbox_of(L);
    m->text = s;
    m->text_end = s + len;
    m->pattern_end = p + p_len;
    m->depth = m->count = 0;
}

/* A match at s itself, captures begun anew. */
static const char *match_at(struct matcher *m, const char *s, const char *p)
{
    m->depth = m->count = 0;
    return match_here(m, s, p);
}

/* Pushes capture i; without any, capture 0 is the whole match. */
static void push_capture(struct matcher *m, int i, const char *begin, const char *end)
{
    if (i >= m->count) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, begin, (size_t)(end - begin));
        return;
    }
    const struct capture *capture = &m->captures[i];
    if (capture->len == CAPTURE_OPEN)
        luaL_error(m->L, "malformed pattern (unfinished capture)");
    if (capture->len == CAPTURE_POSITION)
        lua_pushinteger(m->L, capture->begin - m->text + 1);
    else
        lua_pushlstring(m->L, capture->begin, (size_t)capture->len);
}

/* Pushes all captures, or the whole match when there is none and `whole`. */
static int push_captures(struct matcher *m, const char *begin, const char *end, bool whole)
{
    int count = m->count == 0 && whole ? 1 : m->count;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, begin, end);
    return count;
}

/* A position as Lua counts: from 1, negative from the end; at least 1. */
static size_t start_position(lua_Integer i, size_t len)
{
    if (i > 0)
        return (size_t)i;
    if (i == 0 || i < -(lua_Integer)len)
        return 1;
    return len + (size_t)i + 1;
}

static bool is_plain(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("^$*+?.([%-", p[i]) && p[i])
            return false;
    return true;
}

static int find_or_match(lua_State *L, bool find)
{
    size_t len, p_len;
    const char *s = luaL_checklstring(L, 1, &len);
    const char *p = luaL_checklstring(L, 2, &p_len);
    size_t start = start_position(luaL_optinteger(L, 3, 1), len) - 1;
    if (start > len) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(p, p_len))) {
        const char *at = memmem(s + start, len - start, p, p_len);
        if (!at) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushinteger(L, at - s + 1);
        lua_pushinteger(L, at - s + (lua_Integer)p_len);
        return 2;
    }
    bool anchored = p_len > 0 && *p == '^';
    struct matcher m;
    init_matcher(&m, L, s, len, p, p_len);
    for (const char *at = s + start; at <= m.text_end; at++) {
        zpl_sandbox_tick(m.sandbox);
        const char *end = match_at(&m, at, p + anchored);
        if (end && find) {
            lua_pushinteger(L, at - s + 1);
            lua_pushinteger(L, end - s);
            return 2 + push_captures(&m, at, end, false);
        }
        if (end)
            return push_captures(&m, at, end, true);
        if (anchored)
            break;
    }
    lua_pushnil(L);
    return 1;
}

static int string_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* Upvalues: the text, the pattern, where to go on (from 0), where the last match ended (-1: none).
 */
static int next_match(lua_State *L)
{
    size_t len, p_len;
    const char *s = lua_tolstring(L, lua_upvalueindex(1), &len);
    const char *p = lua_tolstring(L, lua_upvalueindex(2), &p_len);
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct matcher m;
    init_matcher(&m, L, s, len, p, p_len);
    for (const char *at = s + lua_tointeger(L, lua_upvalueindex(3)); at <= m.text_end; at++) {
        zpl_sandbox_tick(m.sandbox);
        const char *end = match_at(&m, at, p);
        if (!end || end - s == last)
            continue;
        lua_pushinteger(L, end - s);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, at, end, true);
    }
    return 0;
}

static int string_gmatch(lua_State *L)
{
    size_t len;
    luaL_checklstring(L, 1, &len);
    luaL_checkstring(L, 2);
    size_t start = start_position(luaL_optinteger(L, 3, 1), len) - 1;
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(start > len ? len + 1 : start));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* ---- gsub ------------------------------------------------------------------------------------ */

/* Adds the replacement text (argument 3) with %0 to %9 filled in. */
static void add_template(struct matcher *m, luaL_Buffer *b, const char *begin, const char *end)
{
    size_t len;
    const char *t = lua_tolstring(m->L, 3, &len);
    for (size_t i = 0; i < len; i++) {
        if (t[i] != '%') {
            luaL_addchar(b, t[i]);
            continue;
        }
        char c = ++i < len ? t[i] : '\0';
        if (c == '%') {
            luaL_addchar(b, '%');
        } else if (c == '0') {
            luaL_addlstring(b, begin, (size_t)(end - begin));
        } else if (is_digit((unsigned char)c)) {
            push_capture(m, c - '1', begin, end);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(b);
        } else {
            luaL_error(m->L, "invalid use of '%%' in a replacement");
        }
    }
}

/* Adds what stands for the match begin..end. */
static void add_replacement(struct matcher *m, luaL_Buffer *b, const char *begin, const char *end)
{
    lua_State *L = m->L;
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, begin, end, true), 1);
        break;
    case LUA_TTABLE:
        push_capture(m, 0, begin, end);
        lua_gettable(L, 3);
        break;
    default:
        add_template(m, b, begin, end);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, begin, (size_t)(end - begin));
        return;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    zpl_sandbox_push_text(L, -1);
    lua_remove(L, -2);
    luaL_addvalue(b);
}

/* string.gsub(s, pattern, replacement [, n]) */
static int string_gsub(lua_State *L)
{
    size_t len, p_len;
    const char *s = luaL_checklstring(L, 1, &len);
    const char *p = luaL_checklstring(L, 2, &p_len);
    int type = lua_type(L, 3);
    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)len + 1), count = 0;
    bool anchored = p_len > 0 && *p == '^';
    struct matcher m;
    luaL_Buffer b;
    lua_settop(L, 3);
    init_matcher(&m, L, s, len, p, p_len);
    luaL_buffinit(L, &b);
    const char *at = s, *last = NULL;
    while (count < most) {
        zpl_sandbox_tick(m.sandbox);
        const char *end = match_at(&m, at, p + anchored);
        if (end && end != last) {
            count++;
            add_replacement(&m, &b, at, end);
            at = last = end;
        } else if (at < m.text_end) {
            luaL_addchar(&b, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    if (at < m.text_end)
        luaL_addlstring(&b, at, (size_t)(m.text_end - at));
    luaL_pushresult(&b);
    lua_pushinteger(L, count);
    return 2;
}

const luaL_Reg zpl_sandbox_pattern[] = {{"find", string_find},
                                        {"gmatch", string_gmatch},
                                        {"gsub", string_gsub},
                                        {"match", string_match},
                                        {NULL, NULL}};
