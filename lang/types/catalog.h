/* catalog.h - what the language knows of a step: standard ones come from a catalog that vm fills,
 * a user's are declared in the program; both look the same from here on.
 * Owns: nothing.   Floor: lang/types. */
#ifndef ZPL_TYPES_CATALOG_H
#define ZPL_TYPES_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

struct zpl_step_info {
    const char *name;      /* "xgboost.train" */
    const char *signature; /* one line, or several separated by '\n': overloads */
    const char *doc;       /* first line a summary; then meaning, units, errors, source, example */
    const char *kernel;    /* what the workers run: a registered name */
    const char *identity;  /* 64 hexadecimal digits: what of its code shapes its output */
    const char *source; /* "csv", "parquet": reads a file, the engine tells its columns; "artifact":
                            reads what another run wrote, the store tells its type; or NULL */
    const char *body;   /* of a standard step that runs a function of Python's: {"own": {FRAMEWORK:
                         [MODULE]}, "python": "zpl:FUNCTION"} as JSON, of which a call takes the modules for
                         its model, and to which it adds its environment.  {"code": [FRAMEWORK]}: their
                         models are made again by the file that made them.  Else NULL */
    const char *engines; /* versions that shape bytes, "duckdb 1.4.4"; or "" */
};

/* A word of a stack, as `s3` in `artifacts = s3 { … }`.  One word may serve several components: it
 * then has an entry for each. */
struct zpl_flavour_info {
    const char *word;
    const char
        *component; /* "orchestrator", "artifacts", "metadata", "images", "deployer", "secrets" */
    const char *signature; /* its options: "(bucket: String, endpoint?: String)" */
    const char *doc;       /* one line */
    bool opens;            /* false: this build can check it, not open it */
};

struct zpl_catalog {
    void *self;
    const struct zpl_step_info *(*find)(void *self, const char *name); /* NULL: none */
    const struct zpl_step_info *(*at)(void *self, size_t i);           /* NULL: past the end */
    const struct zpl_flavour_info *(*flavour)(void *self, size_t i);   /* NULL: past the end */
};

#endif
