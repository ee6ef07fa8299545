/* export.c - zpl export.   Floor: vm. */
#include "vm/show/export.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"

/* What was written, and how large it is; of a folder no size. */
static void print_done(struct zpl_cli *cli, const char *target)
{
    struct zpl_stat st;
    struct zpl_buf text = {0};
    bool file = zpl_fs_stat(target, &st, NULL) == ZPL_OK && st.is_file;
    if (cli->options & ZPL_OPT_JSON) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
        zpl_json_set_take(o, "file", zpl_json_string(target));
        zpl_json_set_take(o, "bytes", file ? zpl_json_int((int64_t)st.size) : zpl_json_null());
        zpl_cli_print_json_take(o);
        return;
    }
    zpl_buf_puts(&text, target);
    if (file) {
        zpl_buf_puts(&text, ": ");
        zpl_text_show_bytes(&text, st.size);
    }
    zpl_buf_putc(&text, '\n');
    zpl_cli_print_take(&text);
}

int zpl_cmd_export(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_run_path path;
    struct zpl_run_row run;
    struct zpl_run_record record = {0};
    struct zpl_part part;
    const struct zpl_json *output = NULL;
    const char *target = cli->words[1];
    if (!zpl_cli_output_path(cli, cli->words[0], &path))
        return ZPL_EXIT_USAGE;
    if (strcmp(target, "-") == 0)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE,
                             "name a file, whose ending says how it is written; `zpl show` prints",
                             "zpl export writes no standard output");
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_find_part(cli, &session, &path, &run, &record, &part);
    if (err == ZPL_OK)
        err = zpl_cli_part_output(&session, &run, &part, &output);
    if (err == ZPL_OK)
        err = zpl_export(&session, output, target, cli->options & ZPL_OPT_FORCE);
    if (err == ZPL_OK)
        print_done(cli, target);
    zpl_run_record_release(&record);
    return zpl_cli_end(cli, &session, err);
}
