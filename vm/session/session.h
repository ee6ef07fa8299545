/* session.h - one command's view of a project: its program compiled, its stack opened as far as the
 * command needs it.
 * Promise: components open at first use, so `zpl check` on a settled program starts no worker and
 * `zpl runs` opens nothing but metadata.
 * Owns: all of it, until zpl_session_release().
 * Errors: into `diags`, which the command prints.   Floor: vm. */
#ifndef ZPL_VM_SESSION_SESSION_H
#define ZPL_VM_SESSION_SESSION_H

#include "lang/lang.h"
#include "stack/stack.h"
#include "vm/session/project.h"
#include "vm/session/witness.h"

/* What stands under a name. */
struct zpl_named {
    const char *name;
    bool there;
    struct zpl_step_row row; /* that wrote it, with its one output */
};
/* Of names that were asked for (named.h). */
struct zpl_names {
    bool listed;
    struct zpl_name_row *rows; /* all, as they were then */
    size_t row_count;
    struct zpl_named **items;
    size_t count, capacity;
    struct zpl_arena arena;
};

struct zpl_memo;
struct zpl_python;
struct zpl_session {
    struct zpl_project project;
    struct zpl_stack_config config;
    struct zpl_stack stack;
    bool has_orchestrator, has_artifacts, has_metadata, has_deployer;
    bool memo_off; /* it could not be opened for writing: answers are not remembered */
    struct zpl_names names;
    struct zpl_witness witness;     /* of what the program was told of the world */
    struct zpl_digest text_digest;  /* of the program's file, as it was compiled */
    struct zpl_digest graph_digest; /* of its graph, once it was asked for */
    bool has_graph_digest;
    struct zpl_orchestrator
        here; /* asks the engine where the stack's orchestrator is elsewhere, or busy */
    bool has_here;
    bool
        steps_run; /* events of the stack's orchestrator are those of steps, and nobody else's to take */
    struct zpl_program shared; /* project.zpl, once it is read for a stack or a limit */
    bool has_shared;           /* it is */
    enum zpl_err shared_err;   /* what came of it */
    struct zpl_world world;
    struct zpl_memo *memo;     /* the world's engine */
    int64_t engine_ns;         /* that it has worked */
    struct zpl_python *python; /* that steps run in, once it was asked for; in the arena */
    struct zpl_program program;
    struct zpl_diags diags; /* everything that is not about the program's text */
    struct zpl_arena arena;
    const struct zpl_given *given; /* on the command line; borrowed */
    size_t given_count;
};

struct zpl_session_options {
    const char *file;   /* FILE or FILE:PIPELINE; NULL: none (runs, show, …) */
    bool all_pipelines; /* of a file of which none is named: they are only checked */
    const char
        *stack; /* the one to use, of the program or of project.zpl; NULL: the embedded one */
    const struct zpl_given *given;
    size_t given_count;
    const char *const *flags; /* of the command, for a did-you-mean */
    size_t flag_count;
    uint32_t jobs;
    struct zpl_zygote *zygote;
};

/* Finds the project.  The options are borrowed until release. */
enum zpl_err zpl_session_open(struct zpl_session *session,
                              const struct zpl_session_options *options);
/* The text of a program; one that is too large is told, ZPL_ERR_CHECK. */
enum zpl_err zpl_session_read_program(const char *path, struct zpl_buf *out,
                                      struct zpl_diags *diags);
/* Reads and compiles the file; ZPL_ERR_CHECK with diagnostics in program.diags. */
enum zpl_err zpl_session_compile(struct zpl_session *session,
                                 const struct zpl_session_options *options);
/* The canonical text of the program's graph as a run keeps it (zpl_graph_to_kept_json); a digest that tells it from all other
 * graphs, which is reckoned once (zpl_json_digest); where its steps stand, and in which texts. */
enum zpl_err zpl_session_write_graph(struct zpl_session *session, struct zpl_buf *out);
enum zpl_err zpl_session_digest_graph(struct zpl_session *session, struct zpl_digest *out);
enum zpl_err zpl_session_write_places(struct zpl_session *session, struct zpl_buf *out);
/* Sets what the session opens by the stack of that name; the program was compiled.  In
 * session_stack.c.  NOT_FOUND, UNREACHABLE: told. */
enum zpl_err zpl_session_use_stack(struct zpl_session *session, const char *name);
/* project.zpl as a program (session->shared), compiled at first use and noted by the witness.  NOT_FOUND
 * (silent): there is none.  ZPL_ERR_CHECK and others: told.  In session_stack.c. */
enum zpl_err zpl_session_project(struct zpl_session *session, struct zpl_diags *diags);
void zpl_session_release(struct zpl_session *session); /* safe on a zeroed struct */

/* Components; opened once.  Metadata for reading on a project that never ran: NOT_FOUND, told. */
enum zpl_err zpl_session_orchestrator(struct zpl_session *session, struct zpl_orchestrator **out);
/* One of this machine, whatever the stack, that no steps run by: for questions to the engine and to Python. */
enum zpl_err zpl_session_here(struct zpl_session *session, struct zpl_orchestrator **out);
enum zpl_err zpl_session_metadata(struct zpl_session *session, bool write,
                                  struct zpl_metadata **out);
/* The store as a memo of pure answers; NULL, silently, in a project that can't be written to. */
struct zpl_metadata *zpl_session_memo(struct zpl_session *session);
enum zpl_err zpl_session_artifacts(struct zpl_session *session, struct zpl_artifacts **out);
enum zpl_err zpl_session_deployer(struct zpl_session *session, struct zpl_deployer **out);

#endif
