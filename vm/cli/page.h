/* page.h - `zpl show --html`.   Floor: vm. */
#ifndef ZPL_VM_CLI_PAGE_H
#define ZPL_VM_CLI_PAGE_H

#include "vm/cli/cli.h"

/* Writes the page of a run to cli->html, whole or not at all; what can't be looked at is told on it. */
enum zpl_err zpl_cli_page(struct zpl_cli *cli, struct zpl_session *session,
                          const struct zpl_run_row *run, struct zpl_run_record *record);

#endif
