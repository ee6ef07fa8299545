/* export.c - zpl export.   Floor: vm. */
#include "vm/export.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"

/* The output that is meant: of a step with one output its name may be left out. */
static const struct zpl_json *output_of(struct zpl_session *session, const struct zpl_run_row *run,
                                        const struct zpl_part *part)
{
    const struct zpl_json *outputs = zpl_json_get(part->step, "outputs");
    const char *name = zpl_json_str(zpl_json_get(part->step, "name"), "");
    struct zpl_buf names = {0};
    if (part->output != NULL || zpl_json_count(outputs) == 1)
        return part->output != NULL ? part->output : zpl_json_value_at(outputs, 0);
    struct zpl_diag *diag =
        part->step == NULL ? zpl_diag_add(&session->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                                          "which output of run %lld?", (long long)run->id)
                           : zpl_diag_add(&session->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                                          "which output of step '%s'?", name);
    for (size_t i = 0; i < zpl_json_count(outputs); i++)
        zpl_buf_printf(&names, "%s%lld/%s/%s", i > 0 ? ", " : "", (long long)run->id, name,
                       zpl_json_key_at(outputs, i));
    if (names.len > 0)
        zpl_diag_help(&session->diags, diag, "there are %s", zpl_buf_str(&names));
    else
        zpl_diag_help(&session->diags, diag,
                      "name it as RUN/STEP/OUTPUT: `zpl show %lld` lists them", (long long)run->id);
    zpl_buf_release(&names);
    return NULL;
}

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
    if (!zpl_cli_run_path(cli, cli->words[0], &path))
        return ZPL_EXIT_USAGE;
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_find_part(cli, &session, &path, &run, &record, &part);
    if (err == ZPL_OK)
        output = output_of(&session, &run, &part);
    if (err == ZPL_OK)
        err = output != NULL ? zpl_export(&session, output, target, cli->options & ZPL_OPT_FORCE)
                             : ZPL_ERR_USAGE;
    if (err == ZPL_OK)
        print_done(cli, target);
    zpl_run_record_release(&record);
    return zpl_cli_end(cli, &session, err);
}
