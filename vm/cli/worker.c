/* worker.c - zpl worker: one task of a run, on the machine where a cluster starts it.
 * No command for people: `zpl --help` does not name it.   Floor: vm. */
#include "stack/orchestrator/spool.h"
#include "vm/cli/cli.h"
#include "vm/protocol/protocol.h"

static bool failed(const void *answer, size_t len)
{
    struct zpl_arena arena = {0};
    struct zpl_diags quiet = {0};
    struct zpl_run_result result;
    bool worked = zpl_reply_decode_run(answer, len, &result, &arena, &quiet) == ZPL_OK;
    zpl_diags_release(&quiet);
    zpl_arena_release(&arena);
    return !worked;
}

int zpl_cmd_worker(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    if (!zpl_cli_start_workers(cli))
        return ZPL_EXIT_UNREACHABLE;
    enum zpl_err err =
        zpl_spool_serve(cli->words[0], cli->zygote, &zpl_cli_signal, failed, &session.diags);
    return zpl_cli_end(cli, &session, err);
}
