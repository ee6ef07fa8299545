/* test_mutants.c - damaged Lua gets Lua's own verdict, comes back from its tree to the byte, and has
 * Lua's own bytecode where it is still right.  ZPL_MUTANTS=n tries another number of texts; `make
 * mutants` tries a million.  Time limit: 300 s */
#include "syntax_bytecode.h"

#include "random.h"

/* Under a sanitizer fewer, and other ones. */
#ifdef __SANITIZE_ADDRESS__
#define MUTANTS 40000
#define SEED    20240301
#else
#define MUTANTS 200000
#define SEED    20240229
#endif
#define PIECE_MIN    20
#define PIECE_MAX    400 /* small ones: a mistake decides, not what it stands in */
#define CHANGES_MAX  3
#define INSERTED_MAX 16 /* bytes by which one change lengthens a text */

struct mutants {
    lua_State *L;
    struct random random;
    size_t rounds; /* per file */
    size_t accepted, refused;
};

/* What is put in: words and signs of the language, and what other languages have instead. */
static const char *const inserted[] = {
    "(",       ")",        "{",        "}",       "[",          "]",        "[[",
    "]]",      "=",        "==",       "~=",      ",",          ";",        ":",
    "::",      "...",      "..",       ".",       "end",        " do ",     " if ",
    " then ",  " else ",   " elseif ", " local ", " function ", " return ", "x",
    "1",       "0x",       "1e",       "'",       "\"",         "\\",       "--",
    "--[[",    "\n",       " goto x ", " break ", "<const>",    "<close>",  " and ",
    " or ",    " not ",    "#",        "-",       "~",          "//",       " nil ",
    " until ", " repeat ", " for ",    " in ",    " while ",    " ",        "3..2",
    "\\u{",    "\\x4",     "\xFF",     "$",       "::x::",      "f(",       "{...}",
    "sql ''",  "=[",       "\r",       "self",    "x.y",        "f'' {}",   "function(...)",
    " elif ",  "^",        "<<",       ">>",      "&",          "|",        "!=",
    "\\z",     "\\065",    "--[==[",   "]==]",    "0x.p1",      "1e+",      " x:y() "};

/* A random stretch of at most `max` of the text's bytes. */
static void pick(struct random *r, size_t len, size_t max, size_t *at, size_t *n)
{
    *at = random_below(r, len + 1);
    *n = 1 + random_below(r, max);
    if (*at + *n > len)
        *n = len - *at;
}

static void insert(char *text, size_t *len, size_t at, const char *what, size_t n)
{
    memmove(text + at + n, text + at, *len - at);
    memcpy(text + at, what, n);
    *len += n;
}

/* One small change of text[0..*len), which has room for INSERTED_MAX more bytes. */
static void change(struct random *r, char *text, size_t *len)
{
    char copy[INSERTED_MAX];
    const char *word;
    size_t at, n;

    switch (random_below(r, 4)) {
    case 0: /* a word more */
        word = inserted[random_below(r, sizeof inserted / sizeof *inserted)];
        insert(text, len, random_below(r, *len + 1), word, strlen(word));
        break;
    case 1: /* some bytes less */
        pick(r, *len, 6, &at, &n);
        memmove(text + at, text + at + n, *len - at - n);
        *len -= n;
        break;
    case 2: /* some bytes twice */
        pick(r, *len, sizeof copy, &at, &n);
        memcpy(copy, text + at, n);
        insert(text, len, random_below(r, *len + 1), copy, n);
        break;
    default: /* another byte */
        pick(r, *len, 1, &at, &n);
        if (n)
            text[at] = (char)(32 + random_below(r, 96));
    }
}

static void check_mutant(struct mutants *m, const char *path, const char *text, size_t len)
{
    struct fixture f;

    if (fixture_check(&f, m->L, path, text, len))
        check_same_code(m->L, &f, path);
    if (f.err == ZPL_OK) {
        check_guarded(m->L, &f, path);
        m->accepted++;
    } else {
        m->refused++;
    }
    lua_settop(m->L, 0);
    fixture_release(&f);
}

/* Cuts pieces of whole lines out of a file, changes and judges them. */
static void mutate_file(void *data, const char *path, const char *text, size_t len)
{
    struct mutants *m = data;
    struct random *r = &m->random;

    for (size_t i = 0; i < m->rounds; i++) {
        char piece[PIECE_MAX + CHANGES_MAX * INSERTED_MAX];
        size_t begin = random_below(r, len + 1);
        size_t n = PIECE_MIN + random_below(r, PIECE_MAX - PIECE_MIN);

        while (begin > 0 && text[begin - 1] != '\n')
            begin--;
        if (begin + n > len)
            n = len - begin;
        for (size_t whole = n; whole > 0; whole--)
            if (text[begin + whole - 1] == '\n') {
                n = whole;
                break;
            }
        memcpy(piece, text + begin, n);
        for (size_t changes = 1 + random_below(r, CHANGES_MAX); changes > 0; changes--)
            change(r, piece, &n);
        check_mutant(m, path, piece, n);
    }
}

static void count_file(void *data, const char *path, const char *text, size_t len)
{
    size_t *count = data;

    (void)path;
    (void)text;
    (void)len;
    ++*count;
}

static void test_mutants_get_luas_verdict(void **state)
{
    const char *given = getenv("ZPL_MUTANTS");
    size_t wanted = given ? strtoul(given, NULL, 10) : MUTANTS, files = 1;
    struct mutants m = {.L = luaL_newstate(), .random = {SEED}};

    (void)state;
    assert_true(wanted > 0);
    fixture_corpus(1, count_file, &files);
    m.rounds = wanted / files + 1;
    mutate_file(&m, "sample", fixture_sample, sizeof fixture_sample - 1);
    fixture_corpus(1, mutate_file, &m);
    lua_close(m.L);
    print_message("# %zu mutants accepted, %zu refused\n", m.accepted, m.refused);
    assert_true(m.accepted + m.refused >= wanted);
    /* both verdicts must have been tried in earnest */
    assert_true(m.accepted > wanted / 50 && m.refused > wanted / 50);
}

/* Words that other languages begin statements with, among those of Lua, in any order. */
static void test_foreign_words_get_luas_verdict(void **state)
{
    static const char *const words[] = {
        "x",      "f",     "1",     "\"s\"",  "'s'",    "(",     ")",      "{",       "}",
        "[",      "]",     ":",     ":\n",    ":\n  ",  "\n",    "\n  ",   "\n    ",  ",",
        "=",      "=>",    "<-",    "+ +",    "->",     "if",    "then",   "else",    "else if",
        "elseif", "end",   "for",   "in",     "do",     "while", "local",  "return",  "function",
        "not",    "is",    "None",  "elif",   "def",    "try",   "except", "finally", "with",
        "as",     "class", "pass",  "import", "from",   "let",   "const",  "lambda",  "SELECT",
        "print",  "raise", "match", "case",   "unless", "async", "\"\"\"", "#",       "`",
        "# it's", "f(x)",  "x = 1", ".y",     ";",      "<",     ">",      "repeat",  "until"};
    struct random r = {SEED + 1};
    lua_State *L = luaL_newstate();

    (void)state;
    for (size_t i = 0; i < MUTANTS / 4; i++) {
        char text[512];
        size_t len = 0;
        struct fixture f;

        for (size_t count = 2 + random_below(&r, 14); count > 0; count--)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s ",
                                    words[random_below(&r, sizeof words / sizeof *words)]);
        fixture_check(&f, L, "words", text, len);
        lua_settop(L, 0);
        fixture_release(&f);
    }
    lua_close(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_words_get_luas_verdict),
        cmocka_unit_test(test_mutants_get_luas_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
