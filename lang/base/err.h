/* err.h - what a function that can fail returns.
 * Promise: the code is for the caller's decision; the words for a person were put into the
 * diagnostics (diag.h) once, where the failure happened, and are never overwritten.
 * Floor: base. */
#ifndef ZPL_BASE_ERR_H
#define ZPL_BASE_ERR_H

enum zpl_err {
    ZPL_OK = 0,
    ZPL_ERR_NOMEM,       /* an allocation failed */
    ZPL_ERR_IO,          /* a system call failed; the diagnostic names operation and path */
    ZPL_ERR_LIMIT,       /* a limit of limits.h was met */
    ZPL_ERR_NOT_FOUND,   /* what was asked for is not there */
    ZPL_ERR_INPUT,       /* the caller's data is malformed */
    ZPL_ERR_USAGE,       /* wrong command line, or a param out of range */
    ZPL_ERR_CHECK,       /* the program does not check; see the diagnostics */
    ZPL_ERR_STEP,        /* a step failed */
    ZPL_ERR_VERSION,     /* a format of another version */
    ZPL_ERR_CORRUPT,     /* stored bytes are not what was stored */
    ZPL_ERR_BUSY,        /* somebody else holds it */
    ZPL_ERR_UNREACHABLE, /* a component of the stack does not answer */
    ZPL_ERR_INTERRUPTED, /* SIGINT or SIGTERM */
};

/* For programmers' mistakes only: prints file and line to standard error and aborts. */
#define ZPL_BUG(why) zpl_bug_(__FILE__, __LINE__, (why))
_Noreturn void zpl_bug_(const char *file, int line, const char *why);

#endif
