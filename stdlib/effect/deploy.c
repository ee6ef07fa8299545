/* deploy.c - deploy: a model is handed to the stack's deployer.  An effect: the driver performs it
 * through the stack, no worker runs it, so there is nothing here but its declaration.
 * Floor: stdlib. */
#include "stdlib/kernel.h"

ZPL_KERNEL(deploy) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "deploy",
    .signature = "(model: Model, name: String match \"(?#a name: letters, digits, _ - and ., not "
                 "beginning with .)^[A-Za-z0-9_-][A-Za-z0-9._-]*$\") effect",
    .doc =
        "Makes a model available under a name, with the stack's deployer.\n"
        "\n"
        "    model  the model\n"
        "    name   what others call it by; a later deploy under the name takes its place; "
        "letters,\n"
        "           digits, _ - and .\n"
        "\n"
        "An effect: it has no output, and happens again when the model is another one or what was\n"
        "deployed is gone.  With `when = …` it happens only if the condition holds.  A program "
        "deploys\n"
        "under a name once, or under conditions of which one holds.\n"
        "\n"
        "    deploy { model, name = \"delays\", when = report.auc >= 0.6 }",
    .engines = "",
};
