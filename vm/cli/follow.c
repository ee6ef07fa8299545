/* follow.c - see follow.h.   Floor: vm. */
#include "vm/cli/follow.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/text.h"
#include "vm/item.h"
#include "vm/live_log.h"

#define POLL_US     200000
#define BLOCK_BYTES 65536

/* A step that is followed. */
struct followed {
    const char *name;
    int fd;              /* its live log, or -1 */
    bool over;           /* it has ended, and all that it printed was shown */
    struct zpl_buf line; /* the last one, which has no end yet */
};
struct following {
    struct zpl_cli *cli;
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    struct zpl_run_row *run;
    struct followed *steps;
    size_t count;
    bool names; /* before each line */
};

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

/* Its end: the rest, and why it failed. */
static void finish(const struct following *f, struct followed *step, const struct zpl_step_row *row)
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
    step->over = row != NULL;
}

/* One look at one step; its row tells that it has ended. */
static enum zpl_err look(const struct following *f, struct followed *step)
{
    struct zpl_step_row row;
    struct zpl_arena arena = {0};
    bool removed = is_removed(step); /* before its row is looked for: that is written first */
    if (step->fd < 0)
        step->fd = zpl_live_log_open(f->session->project.home, f->run->id, step->name);
    enum zpl_err err = f->metadata->step_of_run(f->metadata->self, f->run->id, step->name, &row,
                                                &arena, &f->session->diags);
    if (err == ZPL_OK)
        finish(f, step, &row);
    else if (err == ZPL_ERR_NOT_FOUND)
        drain(f, step);
    if (err == ZPL_ERR_NOT_FOUND && removed)
        close_log(step);
    zpl_arena_release(&arena);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* The steps of the run's graph, or the one of them. */
static enum zpl_err find_steps(struct following *f, const char *wanted)
{
    struct zpl_json *graph = NULL;
    if (f->run->graph != NULL)
        (void)zpl_json_parse(f->run->graph, strlen(f->run->graph), &graph, NULL);
    const struct zpl_json *nodes = zpl_json_get(graph, "nodes");
    size_t count = zpl_json_count(nodes);
    f->steps = zpl_arena_array(&f->cli->arena, count + 1, sizeof *f->steps);
    const char **names = zpl_arena_array(&f->cli->arena, count + 1, sizeof *names);
    enum zpl_err err =
        f->steps != NULL && names != NULL ? ZPL_OK : zpl_diag_nomem(&f->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        const char *name = zpl_json_str(zpl_json_get(zpl_json_at(nodes, i), "name"), "");
        struct zpl_item_path path;
        names[i] = zpl_arena_strdup(&f->cli->arena, name);
        bool item = wanted != NULL && zpl_item_match(name, wanted, strlen(wanted), &path) &&
                    path.count > 0 && zpl_item_is_one(&path);
        if (names[i] != NULL && (wanted == NULL || item || strcmp(wanted, name) == 0))
            f->steps[f->count++] = (struct followed){.name = item ? wanted : names[i], .fd = -1};
    }
    zpl_json_release(graph);
    if (err != ZPL_OK || f->count > 0 || wanted == NULL)
        return err;
    const char *near = count > 0 ? zpl_text_nearest(wanted, names, count) : NULL;
    struct zpl_diag *diag =
        zpl_diag_add(&f->session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "run %lld has no step '%s'", (long long)f->run->id, wanted);
    if (near != NULL)
        zpl_diag_help(&f->session->diags, diag, "did you mean %s?", near);
    return ZPL_ERR_NOT_FOUND;
}

/* Every step that is not over; *left tells whether one of them is. */
static enum zpl_err look_at_all(struct following *f, bool *left)
{
    enum zpl_err err = ZPL_OK;
    *left = false;
    for (size_t i = 0; err == ZPL_OK && i < f->count; i++) {
        if (f->steps[i].over)
            continue;
        err = look(f, &f->steps[i]);
        *left = *left || !f->steps[i].over;
    }
    return fflush(stdout) == 0 ? err : ZPL_ERR_INTERRUPTED; /* the reader had enough */
}

enum zpl_err zpl_cli_follow(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_run_row *run, const char *step, bool *shown)
{
    struct following f = {.cli = cli, .session = session, .run = run, .names = step == NULL};
    bool left = true;
    *shown = false;
    enum zpl_err err = zpl_session_metadata(session, false, &f.metadata);
    if (err == ZPL_OK)
        err = find_steps(&f, step);
    while (err == ZPL_OK && left && zpl_cli_signal == 0) {
        struct zpl_arena arena = {0};
        struct zpl_run_row now;
        /* The run first: when it has ended, what the steps then show is all. */
        err = f.metadata->run_get(f.metadata->self, run->id, &now, &arena, &session->diags);
        bool ended = err == ZPL_OK && now.status != ZPL_RUN_RUNNING;
        run->status = err == ZPL_OK ? now.status : run->status;
        zpl_arena_release(&arena);
        if (err == ZPL_OK)
            err = look_at_all(&f, &left);
        if (ended)
            break;
        if (left)
            usleep(POLL_US);
    }
    for (size_t i = 0; i < f.count; i++) {
        *shown = *shown || f.steps[i].over;
        if (!f.steps[i].over)
            finish(&f, &f.steps[i], NULL);
        zpl_buf_release(&f.steps[i].line);
    }
    return err == ZPL_OK && zpl_cli_signal != 0 ? ZPL_ERR_INTERRUPTED : err;
}
