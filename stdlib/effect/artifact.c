/* artifact.c - artifact.write and artifact.read: what one run leaves for others, under a name of the
 * metadata store.  The driver writes the name, and a plan looks it up; no worker runs either, so there
 * is nothing here but their declarations.   Floor: stdlib. */
#include "stdlib/kernel.h"

#define NAME                                                                                       \
    "name: String match \"(?#a name: letters, digits, _ - and . in parts with / between, no part " \
    "beginning with - or ., the first not with a digit and not 'last')"                            \
    "^(?!last(/|$))[A-Za-z_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$\""

ZPL_KERNEL(artifact_read) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "artifact.read",
    .signature = "(" NAME ", type: type t) -> (value: t)",
    .doc =
        "What a run has written under a name.\n"
        "\n"
        "    name  as it was written: letters, digits, _ - . and / between parts; known when the\n"
        "          program is checked; `last` names the last run\n"
        "    type  what it has to be; what stands there is held to it when the program is "
        "checked\n"
        "\n"
        "It is what stood there when the run was planned, whatever others write meanwhile: the\n"
        "newest that a run which is done has written.  Steps that use it run again when its "
        "content is\n"
        "another one.  Of a name that nobody has written it is skipped, with what needs it;\n"
        "`coalesce` says what to take instead.\n"
        "\n"
        "    local champion = artifact.read { \"churn/model\", type = Model { label = \"churned\" "
        "} "
        "}",
    .source = "artifact",
    .engines = "",
};

ZPL_KERNEL(artifact_write) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "artifact.write",
    .signature = "(value: Any, " NAME ") effect",
    .doc =
        "Leaves what a step made for other runs, under a name.\n"
        "\n"
        "    value  a whole output of a step: a table, a model, a report, a file …, or one of "
        "several:\n"
        "           coalesce(a, b), max(trials, \"auc\").model\n"
        "    name   what `artifact.read` finds it by; only one step of a program writes it\n"
        "\n"
        "An effect: it has no output, and happens again when the value is another one or "
        "something else\n"
        "stands under the name.  All that a run writes is there for others when the run is done, "
        "and not\n"
        "at all when it fails.  `zpl show NAME` shows it.\n"
        "\n"
        "    artifact.write { model, \"churn/model\", when = report.auc >= 0.6 }",
    .engines = "",
};
