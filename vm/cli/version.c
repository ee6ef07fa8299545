/* version.c - zpl version.   Floor: vm. */
#include "lang/base/version.h"

#include "stdlib/body/network.h"
#include "stdlib/catalog.h"
#include "vm/cli/cli.h"
#include "vm/worker/confine.h"

static const struct {
    const char *name;
    int version;
} FORMATS[] = {{"key", ZPL_KEY_VERSION},         {"graph", ZPL_GRAPH_VERSION},
               {"plan", ZPL_PLAN_VERSION},       {"protocol", ZPL_PROTOCOL_VERSION},
               {"schema", ZPL_SCHEMA_VERSION},   {"kernel abi", ZPL_KERNEL_ABI},
               {"closure", ZPL_CLOSURE_VERSION}, {"json", ZPL_REPORT_VERSION}};
#define FORMAT_COUNT (sizeof FORMATS / sizeof FORMATS[0])

/* What bodies of steps are kept from on this machine: the version of Landlock or 0; the network. */
static struct zpl_json *confined_json(void)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "files", zpl_json_int(zpl_confine_version()));
    zpl_json_set_take(o, "network", zpl_json_bool(zpl_network_deniable()));
    return o;
}

int zpl_cmd_version(struct zpl_cli *cli)
{
    const char *tables = zpl_stdlib_engines("sql");
    const char *models = zpl_stdlib_engines("evaluate");
    if (cli->options & ZPL_OPT_JSON) {
        struct zpl_json *o = zpl_json_object();
        struct zpl_json *formats = zpl_json_object();
        for (size_t i = 0; i < FORMAT_COUNT; i++)
            zpl_json_set_take(formats, FORMATS[i].name, zpl_json_int(FORMATS[i].version));
        zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
        zpl_json_set_take(o, "zpl", zpl_json_string(ZPL_VERSION));
        zpl_json_set_take(o, "formats", formats);
        zpl_json_set_take(o, "tables", zpl_json_string(tables));
        zpl_json_set_take(o, "models", zpl_json_string(models));
        zpl_json_set_take(o, "confined", confined_json());
        zpl_cli_print_json_take(o);
        return ZPL_EXIT_DONE;
    }
    printf("zpl %s\nengines: %s, %s\nformats:", ZPL_VERSION, tables, models);
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        printf("%s %s %d", i > 0 ? "," : "", FORMATS[i].name, FORMATS[i].version);
    int landlock = zpl_confine_version();
    if (landlock > 0)
        printf("\nsteps are confined: files by Landlock %d, ", landlock);
    else
        printf("\nsteps are confined: files not, as this kernel has no Landlock, ");
    puts(zpl_network_deniable() ? "network by seccomp"
                                : "network not, as there is no seccomp here");
    return ZPL_EXIT_DONE;
}
