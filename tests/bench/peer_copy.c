/* peer_copy.c - DuckDB's own COPY of a query to Parquet: what the canonical writer is held against.
 *     peer_copy QUERY FILE      the file's path from /; one thread, row groups and compression as zpl's; prints milliseconds
 * The session is zpl's, so both have the same settings. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/table/duck.h"

int main(int argc, char **argv)
{
    struct zpl_diags diags = {0};
    struct zpl_duck duck;
    struct zpl_buf sql = {0};
    if (argc != 3)
        return 2;
    char folder[ZPL_PATH_MAX], spill[ZPL_PATH_MAX];
    if (zpl_path_dir(folder, argv[2]) != ZPL_OK || zpl_path_join(spill, folder, "spill") != ZPL_OK)
        return 2;
    const struct zpl_duck_options options = {.within = folder, .scratch = spill};
    if (zpl_duck_open(&options, &duck, &diags) != ZPL_OK)
        return 1;
    zpl_buf_printf(&sql, "COPY (%s) TO ", argv[1]);
    zpl_duck_text(&sql, argv[2], strlen(argv[2]));
    zpl_buf_printf(&sql, " (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE %d)",
                   ZPL_DUCK_GROUP_ROWS);
    int64_t begin = zpl_clock_monotonic_ns();
    enum zpl_err err = zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags);
    printf("%" PRId64 "\n", (zpl_clock_monotonic_ns() - begin) / 1000000);
    if (err != ZPL_OK)
        fprintf(stderr, "%s\n", diags.items[0]->message);
    zpl_buf_release(&sql);
    zpl_duck_release(&duck);
    zpl_diags_release(&diags);
    return err != ZPL_OK;
}
