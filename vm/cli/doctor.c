/* doctor.c - zpl doctor.   Floor: vm. */
#include "vm/store/doctor.h"

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/view/term.h"

static const char *word_of(const struct zpl_finding *finding)
{
    return finding->repaired ? "repaired" : finding->problem ? "problem" : "note";
}

static struct zpl_json *count_json(const struct zpl_doctor *doctor, uint64_t count)
{
    return doctor->counted ? zpl_json_int((int64_t)count) : zpl_json_null();
}

static void print_json(const struct zpl_session *session, const struct zpl_doctor *doctor)
{
    struct zpl_json *o = zpl_json_object(), *list = zpl_json_array();
    for (size_t i = 0; i < doctor->finding_count; i++) {
        const struct zpl_finding *finding = &doctor->findings[i];
        struct zpl_json *f = zpl_json_object();
        zpl_json_set_take(f, "severity", zpl_json_string(word_of(finding)));
        zpl_json_set_take(f, "what", zpl_json_string(finding->what));
        zpl_json_set_take(f, "message", zpl_json_string(finding->words));
        zpl_json_set_take(f, "help", zpl_json_string(finding->help));
        zpl_json_add_take(list, f);
    }
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "store", zpl_json_string(session->project.home));
    zpl_json_set_take(o, "schema", zpl_json_int(ZPL_SCHEMA_VERSION));
    zpl_json_set_take(o, "runs", count_json(doctor, doctor->runs));
    zpl_json_set_take(o, "artifacts", count_json(doctor, doctor->artifacts));
    zpl_json_set_take(o, "sound", count_json(doctor, doctor->sound));
    zpl_json_set_take(o, "bytes", count_json(doctor, doctor->bytes));
    zpl_json_set_take(o, "free_bytes", zpl_json_int((int64_t)doctor->free_bytes));
    zpl_json_set_take(o, "problems", zpl_json_int((int64_t)doctor->problems));
    zpl_json_set_take(o, "findings", list);
    zpl_cli_print_json_take(o);
}

static void show_finding(const struct zpl_cli *cli, const struct zpl_finding *finding,
                         struct zpl_buf *out)
{
    enum zpl_paint paint = finding->problem ? ZPL_RED : finding->repaired ? ZPL_GREEN : ZPL_YELLOW;
    zpl_buf_printf(out, "  %s", zpl_term_paint(paint, cli->colour_out));
    zpl_term_cell(out, word_of(finding), 9);
    zpl_buf_printf(out, "%s %s\n", zpl_term_paint(ZPL_PLAIN, cli->colour_out), finding->words);
    if (finding->help != NULL)
        zpl_buf_printf(out, "            %s\n", finding->help);
}

static void print_text(const struct zpl_cli *cli, const struct zpl_session *session,
                       const struct zpl_doctor *doctor)
{
    struct zpl_buf out = {0};
    zpl_buf_printf(&out, "%s (version %d): ", session->project.home, ZPL_SCHEMA_VERSION);
    if (doctor->counted) {
        zpl_text_show_count(&out, doctor->runs);
        zpl_buf_puts(&out, doctor->runs == 1 ? " run, " : " runs, ");
        zpl_text_show_count(&out, doctor->artifacts);
        zpl_buf_puts(&out, doctor->artifacts == 1 ? " artifact, " : " artifacts, ");
        zpl_text_show_bytes(&out, doctor->bytes);
        zpl_buf_puts(&out, "; ");
    }
    zpl_text_show_bytes(&out, doctor->free_bytes);
    zpl_buf_puts(&out, " are free\n");
    for (size_t i = 0; i < doctor->finding_count; i++)
        show_finding(cli, &doctor->findings[i], &out);
    if (doctor->problems == 0)
        zpl_buf_printf(
            &out, "%sno problem%s: the database and the bytes of %zu artifact%s were read\n",
            zpl_term_paint(ZPL_GREEN, cli->colour_out), zpl_term_paint(ZPL_PLAIN, cli->colour_out),
            doctor->artifacts, doctor->artifacts == 1 ? "" : "s");
    else
        zpl_buf_printf(&out, "%s%zu problem%s%s\n", zpl_term_paint(ZPL_RED, cli->colour_out),
                       doctor->problems, doctor->problems == 1 ? "" : "s",
                       zpl_term_paint(ZPL_PLAIN, cli->colour_out));
    zpl_cli_print_take(&out);
}

int zpl_cmd_doctor(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_doctor doctor = {0};
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_has_store(&session);
    if (err == ZPL_OK)
        err = zpl_doctor(&session, cli->options & ZPL_OPT_REPAIR, &zpl_cli_signal, &doctor,
                         &cli->arena);
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        print_json(&session, &doctor);
    else if (err == ZPL_OK)
        print_text(cli, &session, &doctor);
    int code = zpl_cli_end(cli, &session, err);
    return code == ZPL_EXIT_DONE && doctor.problems > 0 ? ZPL_EXIT_FAILED : code;
}
