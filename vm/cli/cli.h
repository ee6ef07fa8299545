/* cli.h - the command line: one table of commands, one struct of what was typed.
 * Only this folder and the session (vm/repl/) print, only this folder exits.  Exit codes: 0 done, 1 a step failed, 2 wrong usage or a param
 * out of range, 3 the program does not check, 4 the stack is not reachable, 130 interrupted.
 * Floor: vm. */
#ifndef ZPL_VM_CLI_CLI_H
#define ZPL_VM_CLI_CLI_H

#include <signal.h>
#include <stdio.h>
#include "vm/plan/item.h"
#include "vm/plan/plan.h"
#include "vm/run/run_record.h"

enum zpl_exit {
    ZPL_EXIT_DONE = 0,
    ZPL_EXIT_FAILED = 1,
    ZPL_EXIT_USAGE = 2,
    ZPL_EXIT_CHECK = 3,
    ZPL_EXIT_UNREACHABLE = 4,
    ZPL_EXIT_INTERRUPTED = 130
};

/* Options a command may take; a set of bits. */
enum zpl_option {
    ZPL_OPT_JSON = 1 << 0,
    ZPL_OPT_JOBS = 1 << 1,
    ZPL_OPT_NO_CACHE = 1 << 2,
    ZPL_OPT_FAIL_FAST = 1 << 3,
    ZPL_OPT_FORMAT = 1 << 4,
    ZPL_OPT_LIMIT = 1 << 5,
    ZPL_OPT_EXPLAIN = 1 << 6,
    ZPL_OPT_HELP = 1 << 7,
    ZPL_OPT_STACK = 1 << 8,
    ZPL_OPT_PARAMS = 1 << 9, /* --name value of the pipeline's own params */
    ZPL_OPT_ROWS = 1 << 10,
    ZPL_OPT_HTML = 1 << 11,
    ZPL_OPT_FORCE = 1 << 13,
    ZPL_OPT_KEEP = 1 << 14,
    ZPL_OPT_DAYS = 1 << 15,
    ZPL_OPT_DRY_RUN = 1 << 16,
    ZPL_OPT_REPAIR = 1 << 17,
    ZPL_OPT_FOLLOW = 1 << 18,
    ZPL_OPT_ONLY = 1 << 19,
    ZPL_OPT_FROM = 1 << 20,
    ZPL_OPT_EVENTS = 1 << 21,
    ZPL_OPT_ENGINE = 1 << 12 /* no option: the command may ask an engine */
};

struct zpl_cli;
struct zpl_command {
    const char *name;
    const char *arguments; /* "FILE [--PARAM VALUE …]" */
    const char *summary;
    const char *details; /* more words for --help, or NULL */
    const char *example;
    unsigned options;
    unsigned least, most; /* positional arguments */
    int (*run)(struct zpl_cli *cli);
};

struct zpl_cli {
    const struct zpl_command *command;
    const char **words; /* positional arguments */
    unsigned word_count;
    struct zpl_given *given;
    size_t given_count;
    unsigned options; /* which were given */
    uint32_t jobs;
    uint32_t limit;
    uint32_t rows;
    uint32_t keep, days; /* 0: not given */
    const char *html;
    const char *format;
    const char *explain;
    const char *stack;
    const char *only, *from;     /* steps */
    bool colour_out, colour_err; /* a terminal that wants colour */
    bool terminal;               /* standard output is a terminal */
    unsigned width;              /* its columns, 80 when unknown */
    const char **flags;          /* names of the options that the command has */
    size_t flag_count;
    struct zpl_zygote *zygote;
    size_t told; /* diagnostics of the program that are printed already: the first ones */
    struct zpl_arena arena;
};

/* Set to the number of the last SIGINT or SIGTERM. */
extern volatile sig_atomic_t zpl_cli_signal;

const struct zpl_command *zpl_cli_commands(void); /* ends with a NULL name */
/* Reads the command line; ZPL_ERR_USAGE after printing what is wrong and how to go on. */
enum zpl_err zpl_cli_parse(struct zpl_cli *cli, int argc, char **argv);
void zpl_cli_help(const struct zpl_cli *cli); /* of the command, or of zpl */
/* Is that word a flag of zpl's own, of a command that takes params?  (A param may not have such a name.) */
bool zpl_cli_is_flag(const char *name);

/* Opens the session of the first word (a FILE), or of the working directory when `file` is NULL. */
enum zpl_err zpl_cli_open(struct zpl_cli *cli, struct zpl_session *session, const char *file);
/* Forks the zygote; false after printing why it could not.  Nothing is open yet. */
bool zpl_cli_start_workers(struct zpl_cli *cli);
/* What the session of the first word is opened and compiled with. */
struct zpl_session_options zpl_cli_session_options(const struct zpl_cli *cli);
/* Opens and compiles; prints diagnostics; ZPL_OK when the program can be planned. */
enum zpl_err zpl_cli_compile(struct zpl_cli *cli, struct zpl_session *session);
/* The second half of it. */
enum zpl_err zpl_cli_compile_open(struct zpl_cli *cli, struct zpl_session *session);
/* Prints what there is to say of a program that is about to run: not after it, which may be in hours. */
void zpl_cli_tell_warnings(struct zpl_cli *cli, const struct zpl_session *session);
/* Prints what a session has to say and gives the exit code for `err`; with --json, of a command that
 * failed before it could print its value, as the value of `zpl check --json`. */
int zpl_cli_end(struct zpl_cli *cli, struct zpl_session *session, enum zpl_err err);
/* Prints a text to standard output; takes and releases the buffer. */
void zpl_cli_print_take(struct zpl_buf *text);
void zpl_cli_print_json_take(struct zpl_json *json);
/* { version, diagnostics } of the program and of everything around it. */
void zpl_cli_print_diags_json(const struct zpl_session *session);
/* Did memory run out for something that had to be printed? */
bool zpl_cli_print_failed(void);
/* The step of that name of the program, or that of one item of it: *path tells which, empty for none; NULL
 * after telling, with the nearest one. */
const struct zpl_node *zpl_cli_find_step(struct zpl_cli *cli, struct zpl_session *session,
                                         const char *name, struct zpl_item_path *path);
/* The name of a step that `word` may have meant: a near one, the first of that name or with it as a part (`sql`
 * of sql@few, `xgboost` of xgboost.train), or that of a variable (`few`); NULL: none. */
const char *zpl_cli_near_step(const char *word, const char *const *names, size_t count);
/* The item that is meant of each map around a node, by the map's number; NULL: all, or memory is out. */
const size_t *zpl_cli_items(struct zpl_cli *cli, const struct zpl_graph *graph,
                            const struct zpl_node *node, const struct zpl_item_path *path);
/* What --only and --from name. */
enum zpl_err zpl_cli_narrow(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_narrowing *out);
/* A diagnostic without a place, printed at once, with --json also as zpl_cli_end() does; returns
 * ZPL_EXIT_USAGE. */
int zpl_cli_usage(struct zpl_cli *cli, enum zpl_code code, const char *help, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* A word of the language that is no step, for `zpl doc`. */
struct zpl_cli_word {
    const char *name;
    const char *usage; /* one line, as a signature is one */
    const char *doc;   /* the first line is a summary; the example stands at the end */
};
const struct zpl_cli_word *zpl_cli_word_at(size_t i); /* by name; NULL: past the end */
const struct zpl_cli_word *zpl_cli_word_find(const char *name);

/* `zpl check --explain CODE`; the exit code. */
int zpl_cli_explain(struct zpl_cli *cli);

/* RUN[/STEP[/OUTPUT]] as typed: "3", "3/train", "last/evaluate/report"; texts in the arena. */
struct zpl_run_path {
    int64_t run;      /* 0: the last one */
    const char *step; /* what follows RUN/, with the output if one was named; NULL: nothing */
    const char *name; /* instead: what a run has written under this name; NULL: none was given */
};
/* What may have been meant by a word that is no run; `alone`: no step stood behind it. */
const char *zpl_cli_run_help(struct zpl_cli *cli, const char *word, bool alone);
bool zpl_cli_run_path(struct zpl_cli *cli, const char *text, struct zpl_run_path *out);
/* The same, or the name of what a run has written ("churn/model"), for zpl_cli_find_part(). */
bool zpl_cli_output_path(struct zpl_cli *cli, const char *text, struct zpl_run_path *out);
/* NOT_FOUND, told, where nothing has run: a command that is about the store makes none. */
enum zpl_err zpl_cli_has_store(struct zpl_session *session);
/* A step of a run, or one of its outputs. */
struct zpl_part {
    const struct zpl_json *step;   /* of the record; NULL: the whole run */
    const struct zpl_json *output; /* NULL: the whole step */
    const char *name;              /* of the output */
};
/* The run that a path names, its record and the part; told, with what is near, when there is none.  A
 * name becomes RUN/STEP/OUTPUT of what it stands for.  The caller releases the record in every case. */
enum zpl_err zpl_cli_find_part(struct zpl_cli *cli, struct zpl_session *session,
                               struct zpl_run_path *path, struct zpl_run_row *run,
                               struct zpl_run_record *record, struct zpl_part *out);
/* The name of the first item of a step inside maps, in the arena. */
const char *zpl_cli_first_item(const struct zpl_json *step, struct zpl_arena *arena);
/* The output that is meant: the name of a step's only output may be left out.  USAGE, told with all there
 * are, when there are several, or when it is that of all items of a map. */
enum zpl_err zpl_cli_part_output(struct zpl_session *session, const struct zpl_run_row *run,
                                 const struct zpl_part *part, const struct zpl_json **out);
/* What became of the items of a step inside maps: adds lines to the array, how many are in each state with the figures
 * of what they made (of ZPL_FIGURES_MOST at most) and, of ZPL_CLI_ITEMS_TOLD that failed, why.  None where
 * their list was not known, and of other steps. */
#define ZPL_CLI_ITEMS_TOLD 3
enum zpl_err zpl_cli_items_told(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                                struct zpl_run_record *record, const struct zpl_json *step,
                                struct zpl_json *lines);
/* The run it names, told when there is none. */
enum zpl_err zpl_cli_find_run(struct zpl_cli *cli, struct zpl_session *session,
                              const struct zpl_run_path *path, struct zpl_run_row *out);

int zpl_cmd_run(struct zpl_cli *cli);
int zpl_cmd_check(struct zpl_cli *cli);
int zpl_cmd_plan(struct zpl_cli *cli);
int zpl_cmd_why(struct zpl_cli *cli);
int zpl_cmd_graph(struct zpl_cli *cli);
int zpl_cmd_runs(struct zpl_cli *cli);
int zpl_cmd_show(struct zpl_cli *cli);
int zpl_cmd_diff(struct zpl_cli *cli);
int zpl_cmd_export(struct zpl_cli *cli);
int zpl_cmd_reproduce(struct zpl_cli *cli);
int zpl_cmd_gc(struct zpl_cli *cli);
int zpl_cmd_doctor(struct zpl_cli *cli);
int zpl_cmd_logs(struct zpl_cli *cli);
int zpl_cmd_lineage(struct zpl_cli *cli);
int zpl_cmd_doc(struct zpl_cli *cli);
int zpl_cmd_repl(struct zpl_cli *cli);
int zpl_cmd_version(struct zpl_cli *cli);
int zpl_cmd_worker(struct zpl_cli *cli);

#endif
