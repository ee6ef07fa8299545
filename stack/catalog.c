/* catalog.c - see catalog.h.  A flavour that open.c can't open says `false`.   Floor: stack. */
#include "stack/catalog.h"

static const struct zpl_flavour_info flavours[] = {
    {"here", "orchestrator", "(jobs?: Int 1..1024)", "this machine; jobs: steps at a time", true},
    {"slurm", "orchestrator",
     "(partition?: String, account?: String, time?: String, jobs?: Int 1..1024)",
     "a Slurm cluster; time (\"4h\") of steps without a timeout; jobs: steps at a time", true},
    {"kubernetes", "orchestrator", "(namespace: String = \"default\", steps?: Any)",
     "a Kubernetes cluster; steps: settings of a pod by what a step needs", false},
    {"folder", "artifacts", "(path: Path)", "a folder, of this machine or shared", false},
    {"s3", "artifacts",
     "(bucket: String, prefix?: String, endpoint?: String, region?: String, key?: Secret, "
     "secret?: Secret)",
     "Amazon S3 and what speaks like it", false},
    {"postgres", "metadata",
     "(host: String, port: Int 1..65535 = 5432, database: String = \"zpl\", user?: String, "
     "password?: Secret)",
     "a PostgreSQL database", false},
    {"oci", "images", "(repository: String)", "a registry for images of steps", false},
    {"kserve", "deployer", "(namespace: String = \"default\")", "KServe", false},
    {"kubernetes", "secrets", "(namespace: String = \"default\")", "secrets of Kubernetes", false},
};

const struct zpl_flavour_info *zpl_flavour_at(size_t i)
{
    return i < sizeof flavours / sizeof *flavours ? &flavours[i] : NULL;
}
