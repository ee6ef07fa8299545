/* worker.c - zpl worker: one task of a run, or a part of one, on the machine where a cluster starts it.
 * No command for people: `zpl --help` does not name it.   Floor: vm. */
#include <stdio.h>
#include <string.h>

#include "stack/orchestrator/spool.h"
#include "vm/cli/cli.h"
#include "vm/protocol/protocol.h"
#include "vm/worker/part.h"

static enum zpl_spool_verdict verdict(const void *answer, size_t len, char *reason, size_t size)
{
    struct zpl_arena arena = {0};
    struct zpl_diags quiet = {0};
    struct zpl_run_result result;
    enum zpl_err err = zpl_reply_decode_run(answer, len, &result, &arena, &quiet);
    if (err == ZPL_ERR_UNREACHABLE)
        snprintf(reason, size, "%s", quiet.count > 0 ? quiet.items[0]->message : "");
    zpl_diags_release(&quiet);
    zpl_arena_release(&arena);
    return err == ZPL_OK                ? ZPL_SPOOL_FINE
           : err == ZPL_ERR_UNREACHABLE ? ZPL_SPOOL_LOST
                                        : ZPL_SPOOL_FAILED;
}

static enum zpl_err spread(struct zpl_buf *bytes, const uint32_t *counts, size_t count,
                           struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_task task;
    enum zpl_err err = zpl_task_decode(bytes->data, bytes->len, &task, &arena, diags);
    if (err == ZPL_OK) {
        task.run.spread = (struct zpl_run_spread){.counts = counts, .count = count};
        zpl_buf_clear(bytes);
        if (zpl_task_encode_run(&task.run, bytes) != ZPL_OK)
            err = zpl_diag_nomem(diags);
    }
    zpl_arena_release(&arena);
    return err;
}

int zpl_cmd_worker(struct zpl_cli *cli)
{
    static const struct zpl_spool_readers readers = {verdict, spread};
    struct zpl_session session = {0};
    const char *folder = cli->words[0];
    if (!zpl_cli_start_workers(cli))
        return ZPL_EXIT_UNREACHABLE;
    enum zpl_err err =
        strcmp(folder, ZPL_PART_WORD) == 0
            ? zpl_part_serve(cli->zygote, &zpl_cli_signal, &session.diags)
            : zpl_spool_serve(folder, cli->zygote, &zpl_cli_signal, &readers, &session.diags);
    return zpl_cli_end(cli, &session, err);
}
