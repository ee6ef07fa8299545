/* witness.h - what a program was told of the world while it was evaluated and planned: content of
 * files, what stands at places, names in folders, matches of patterns, what runs wrote under names,
 * which Python there is.
 * Promise: while every answer would be the same, the same text with the same params gives the same
 * plan.  Content counts by its digest; stat data stand for it only when the file had been left alone
 * for long enough that a change would show in them (git's racy-timestamp rule).
 * Owns: its list, until zpl_witness_release().   Errors: without memory it is `lost` and holds for
 * nothing.   Floor: vm. */
#ifndef ZPL_VM_SESSION_WITNESS_H
#define ZPL_VM_SESSION_WITNESS_H

#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/digest.h"
#include "lang/base/fs.h"

struct zpl_project;

enum zpl_saw {
    ZPL_SAW_CONTENT, /* of the file at an absolute path */
    ZPL_SAW_IMPORT, /* the same, of one that the program imports: its graph has all that this says */
    ZPL_SAW_PLACE,  /* file, folder, something else or nothing at an absolute path */
    ZPL_SAW_FOLDER,  /* names in the folder at an absolute path */
    ZPL_SAW_PATTERN, /* files that match a pattern of the program */
    ZPL_SAW_NAME,    /* what stands under a name that runs write */
    ZPL_SAW_PYTHON /* which program python3 is, or an interpreter at an absolute path (python.h) */
};
struct zpl_sight {
    enum zpl_saw kind;
    const char *path;
    struct zpl_digest answer;
    struct zpl_stat stat; /* CONTENT, IMPORT: of the file when it was read */
    bool sure;            /* the same: equal stat data mean equal content */
};
struct zpl_witness {
    struct zpl_sight *sights;
    size_t count, capacity;
    uint32_t *places; /* by a hash of kind and path: 1 + the sight's index */
    size_t room;
    bool lost;
    struct zpl_arena arena;
};

void zpl_witness_release(struct zpl_witness *witness); /* safe on a zeroed struct */

/* Something was asked that it can't note: it holds for nothing.  All are fine with a NULL witness. */
void zpl_witness_lose(struct zpl_witness *witness);
/* What was seen twice and differed the second time is lost. */
void zpl_witness_content(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat,
                         const struct zpl_digest *digest);
void zpl_witness_import(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat,
                        const struct zpl_digest *digest);
/* NULL: nothing is there. */
void zpl_witness_place(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat);
void zpl_witness_folder(struct zpl_witness *witness, const char *path, char *const *names,
                        size_t count);
void zpl_witness_pattern(struct zpl_witness *witness, const char *pattern, const char *const *paths,
                         size_t count);
/* What was seen by another, and holds. */
void zpl_witness_take(struct zpl_witness *witness, const struct zpl_sight *sight);
void zpl_witness_name(struct zpl_witness *witness, const char *name,
                      const struct zpl_digest *answer);
void zpl_witness_python(struct zpl_witness *witness, const char *which,
                        const struct zpl_digest *answer);

/* Would the answer be the same now?  Of a NAME that is named.h's to say. */
bool zpl_sight_holds(const struct zpl_sight *sight, const struct zpl_project *project);

/* Has a file been left alone for so long that a later change shows in its stat data? */
bool zpl_stat_is_settled(const struct zpl_stat *stat);

#endif
