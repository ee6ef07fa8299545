/* follow.h - `zpl logs --follow`.   Floor: vm. */
#ifndef ZPL_VM_CLI_FOLLOW_H
#define ZPL_VM_CLI_FOLLOW_H

#include "vm/cli/cli.h"

/* Prints what the steps of a run (NULL: all; "slow[*]": all items; else that one, without its name before each
 * line) print, as it comes, until the run or the one step has ended.  What was printed before stands first.  *shown: a step
 * of them came to its end.  ZPL_ERR_NOT_FOUND
 * (told): there is no such step; ZPL_ERR_INTERRUPTED after a signal. */
enum zpl_err zpl_cli_follow(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_run_row *run, const char *step, bool *shown);

#endif
