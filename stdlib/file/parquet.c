/* parquet.c - parquet.read: Parquet files as a table.   Floor: stdlib. */
#include "stdlib/file/ingest.h"

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_datafile_options options = {.format = "parquet"};
    return zpl_ingest(ctx, &options);
}

ZPL_KERNEL(parquet_read) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "parquet.read",
    .signature = "(path: Path, type?: type t, hindsight?: columns h) -> (rows: Table t)\n"
                 "(path: List(Path), type?: type t, hindsight?: columns h) -> (rows: Table t)",
    .doc =
        "Reads Parquet files as a table.\n"
        "\n"
        "    path       the file, a pattern of names (`\"data/2024-*.parquet\"`), or a list of "
        "files: see\n"
        "               below\n"
        "    type       the table's type, `Table { id = Int, name = String }`: exactly these "
        "columns are\n"
        "               read, found by name.  Left out: all columns, with the types the file says\n"
        "    hindsight  columns that are known only afterwards: no model may learn from them\n"
        "\n"
        "Integers of any width become Int, floats and decimals Float; times are converted to UTC "
        "and kept\n"
        "in microseconds.\n"
        "\n"
        "Several files are read as one table, in the order of their names (of a list: in the order "
        "given).\n"
        "In a pattern * and ? stand for parts of one name, [ab] for one of these characters; a "
        "file that is\n"
        "called exactly so is just that file.  Columns are found by name in each file, and all "
        "files must\n"
        "have the same columns and types, unless `type` says what to read of each.  A step runs "
        "again when a\n"
        "file comes, goes or holds something else, not when one is called otherwise and stays in "
        "its place.\n"
        "\n"
        "Errors: a file that can't be read; a declared column that is not there, or can't be of "
        "its type; a\n"
        "column of a type that tables do not have (structs, maps, intervals): declare a type "
        "without it; a\n"
        "value that does not fit its column's type (a number over 64 bits, a time with "
        "nanoseconds), told\n"
        "with file, row (from 1), column and value; values outside of what their columns declare\n"
        "(Int { min = 0 }).\n"
        "\n"
        "    local flights = parquet.read { \"data/flights.parquet\", hindsight = { \"delay\" } }",
    .source = "parquet",
    .engines = "duckdb",
    .run = run,
};
