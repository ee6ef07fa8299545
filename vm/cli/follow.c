/* follow.c - see follow.h.   Floor: vm. */
#include "vm/cli/follow.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/text.h"
#include "vm/plan/item.h"
#include "vm/run/live_log.h"

#define POLL_US     200000
#define BLOCK_BYTES 65536

/* A step that has begun and is not over. */
struct followed {
    const char *name;
    int fd;              /* its live log, or -1: it waits for another attempt */
    bool removed;        /* it was, before its row was looked for */
    struct zpl_buf line; /* the last one, which has no end yet */
};
struct following {
    struct zpl_cli *cli;
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    const struct zpl_run_row *run;
    const char *wanted; /* a step, an item, or all items "slow[*]"; NULL: all */
    bool names;         /* before each line: it may be several */
    struct followed *steps;
    size_t count, room;
    int64_t last;     /* row of a step that was seen */
    bool ended;       /* one of them has come to its end */
    enum zpl_err err; /* of looking */
};

static bool is_wanted(const struct following *f, const char *name)
{
    struct zpl_item_path path;
    return f->wanted == NULL || zpl_item_match(f->wanted, name, strlen(name), &path);
}

/* Prints whole lines behind the step's name; what has no end waits for it. */
static void add_lines(const struct following *f, struct followed *step, const char *text, size_t n)
{
    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        size_t len = end != NULL ? (size_t)(end - text) + 1 : n;
        zpl_buf_add(&step->line, text, len);
        if (end != NULL) {
            if (f->names)
                printf("%s: ", step->name);
            fwrite(zpl_buf_str(&step->line), 1, step->line.len, stdout);
            zpl_buf_clear(&step->line);
        }
        text += len;
        n -= len;
    }
}

/* Without names text goes out as it comes. */
static void show(const struct following *f, struct followed *step, const char *text, size_t n)
{
    if (f->names)
        add_lines(f, step, text, n);
    else
        fwrite(text, 1, n, stdout);
}

/* What its live log has now. */
static void drain(const struct following *f, struct followed *step)
{
    char block[BLOCK_BYTES];
    ssize_t got;
    while (step->fd >= 0 && (got = read(step->fd, block, sizeof block)) > 0)
        show(f, step, block, (size_t)got);
}

/* Is the live log removed?  While the step has no row that is the end of an attempt; the next has another. */
static bool is_removed(const struct followed *step)
{
    struct stat st;
    return step->fd >= 0 && fstat(step->fd, &st) == 0 && st.st_nlink == 0;
}

static void close_log(struct followed *step)
{
    if (step->fd >= 0)
        close(step->fd);
    step->fd = -1;
}

/* Its end: the rest, and why it failed.  No row: it has none. */
static void finish(struct following *f, struct followed *step, const struct zpl_step_row *row)
{
    bool seen = step->fd >= 0;
    drain(f, step);
    if (!seen && row != NULL)
        show(f, step, row->log, row->log_len);
    if (step->line.len > 0)
        add_lines(f, step, "\n", 1);
    if (row != NULL && row->error != NULL) {
        if (f->names)
            printf("%s: ", step->name);
        printf("error: %s\n", row->error);
    }
    close_log(step);
    zpl_buf_release(&step->line);
    f->ended = f->ended || row != NULL;
}

static struct followed *find(const struct following *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->steps[i].name, name) == 0)
            return &f->steps[i];
    return NULL;
}

/* NULL: memory is out. */
static struct followed *add(struct following *f, const char *name)
{
    struct zpl_arena *arena = &f->cli->arena;
    struct followed *grown = zpl_arena_grow(arena, f->steps, f->count, &f->room, sizeof *f->steps);
    const char *copy = zpl_arena_strdup(arena, name);
    if (grown == NULL || copy == NULL) {
        f->err = zpl_diag_nomem(&f->session->diags);
        return NULL;
    }
    f->steps = grown;
    f->steps[f->count] = (struct followed){.name = copy, .fd = -1};
    return &f->steps[f->count++];
}

static enum zpl_err read_row(const struct following *f, const char *name, struct zpl_step_row *row,
                             struct zpl_arena *arena)
{
    return f->metadata->step_of_run(f->metadata->self, f->run->id, name, row, arena,
                                    &f->session->diags);
}

/* A live log that is there: of a step that has a row it is what is left of one that is over, or it is seen by
 * its row. */
static void meet(void *self, const char *name, int fd)
{
    struct following *f = self;
    struct zpl_step_row row;
    struct zpl_arena arena = {0};
    struct followed *step = find(f, name);
    if (f->err == ZPL_OK && step == NULL && is_wanted(f, name)) {
        enum zpl_err err = read_row(f, name, &row, &arena);
        if (err == ZPL_ERR_NOT_FOUND)
            step = add(f, name);
        else
            f->err = err;
    }
    zpl_arena_release(&arena);
    if (step != NULL && step->fd < 0)
        step->fd = fd;
    else
        close(fd);
}

/* One step that has a row. */
static enum zpl_err end_step(struct following *f, const char *name, struct zpl_arena *arena)
{
    struct zpl_step_row row;
    struct followed *step = find(f, name);
    if (step == NULL)
        step = add(f, name);
    enum zpl_err err = step != NULL ? read_row(f, name, &row, arena) : f->err;
    if (err != ZPL_OK)
        return err;
    finish(f, step, &row);
    *step = f->steps[--f->count];
    return ZPL_OK;
}

/* One look: what has begun, then what has a row and is over, then what the others print. */
static enum zpl_err look(struct following *f)
{
    struct zpl_arena arena = {0};
    const char **names;
    size_t count;
    for (size_t i = 0; i < f->count; i++)
        f->steps[i].removed = is_removed(&f->steps[i]);
    zpl_live_log_each(f->session->project.home, f->run->id, meet, f);
    enum zpl_err err = f->err;
    if (err == ZPL_OK)
        err = f->metadata->step_names(f->metadata->self, f->run->id, &f->last, &names, &count,
                                      &arena, &f->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        if (is_wanted(f, names[i]))
            err = end_step(f, names[i], &arena);
    for (size_t i = 0; err == ZPL_OK && i < f->count; i++) {
        drain(f, &f->steps[i]);
        if (f->steps[i].removed)
            close_log(&f->steps[i]);
    }
    zpl_arena_release(&arena);
    if (err != ZPL_OK)
        return err;
    return fflush(stdout) == 0 ? ZPL_OK : ZPL_ERR_INTERRUPTED; /* the reader had enough */
}

/* Does the run's graph have what is wanted? */
static enum zpl_err check_wanted(const struct following *f)
{
    struct zpl_json *graph = NULL;
    struct zpl_item_path path;
    bool found = f->wanted == NULL;
    if (f->run->graph != NULL)
        (void)zpl_json_parse(f->run->graph, strlen(f->run->graph), &graph, NULL);
    const struct zpl_json *nodes = zpl_json_get(graph, "nodes");
    size_t count = zpl_json_count(nodes);
    const char **names = zpl_arena_array(&f->cli->arena, count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++) {
        names[i] = zpl_json_str(zpl_json_get(zpl_json_at(nodes, i), "name"), "");
        found = found || zpl_item_match(names[i], f->wanted, strlen(f->wanted), &path);
    }
    const char *near =
        names != NULL && !found && count > 0 ? zpl_text_nearest(f->wanted, names, count) : NULL;
    if (names != NULL && !found) {
        struct zpl_diag *diag =
            zpl_diag_add(&f->session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                         "run %lld has no step '%s'", (long long)f->run->id, f->wanted);
        if (near != NULL)
            zpl_diag_help(&f->session->diags, diag, "did you mean %s?", near);
    }
    zpl_json_release(graph);
    if (names == NULL)
        return zpl_diag_nomem(&f->session->diags);
    return found ? ZPL_OK : ZPL_ERR_NOT_FOUND;
}

enum zpl_err zpl_cli_follow(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_run_row *run, const char *step, bool *shown)
{
    struct following f = {.cli = cli,
                          .session = session,
                          .run = run,
                          .wanted = step,
                          .names = step == NULL || strstr(step, "[*]") != NULL};
    *shown = false;
    enum zpl_err err = zpl_session_metadata(session, false, &f.metadata);
    if (err == ZPL_OK)
        err = check_wanted(&f);
    while (err == ZPL_OK && zpl_cli_signal == 0 && (f.names || !f.ended)) {
        struct zpl_arena arena = {0};
        struct zpl_run_row now;
        /* The run first: when it has ended, what the steps then show is all. */
        err = f.metadata->run_get(f.metadata->self, run->id, &now, &arena, &session->diags);
        run->status = err == ZPL_OK ? now.status : run->status;
        zpl_arena_release(&arena);
        if (err == ZPL_OK)
            err = look(&f);
        if (run->status != ZPL_RUN_RUNNING)
            break;
        if (f.names || !f.ended)
            usleep(POLL_US);
    }
    *shown = f.ended;
    for (size_t i = 0; i < f.count; i++)
        finish(&f, &f.steps[i], NULL);
    return err == ZPL_OK && zpl_cli_signal != 0 ? ZPL_ERR_INTERRUPTED : err;
}
