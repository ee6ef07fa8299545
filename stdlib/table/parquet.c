/* parquet.c - parquet.read: a Parquet file as a table.   Floor: stdlib. */
#include "stdlib/table/ingest.h"

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_datafile_options options = {.format = "parquet"};
    return zpl_ingest(ctx, &options);
}

ZPL_KERNEL(parquet_read) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "parquet.read",
    .signature = "(path: Path, type?: type t, hindsight?: columns h) -> (rows: Table t)",
    .doc =
        "Reads a Parquet file as a table.\n"
        "\n"
        "    path       the file\n"
        "    type       the table's type, `Table { id = Int, name = String }`: exactly these "
        "columns are\n"
        "               read, found by name.  Left out: all columns, with the types the file says\n"
        "    hindsight  columns that are known only afterwards: no model may learn from them\n"
        "\n"
        "Integers of any width become Int, floats and decimals Float; times are converted to UTC "
        "and kept\n"
        "in microseconds.\n"
        "\n"
        "Errors: a file that can't be read; a declared column that is not there; a column of a "
        "type that\n"
        "tables do not have (structs, maps, intervals): declare a type without it; a value that "
        "does not\n"
        "fit its column's type (a number over 64 bits, a time with nanoseconds), told with row "
        "(from 1),\n"
        "column and value; values outside of what their columns declare (Int { min = 0 }).\n"
        "\n"
        "    local flights = parquet.read { \"data/flights.parquet\", hindsight = { \"delay\" } }",
    .source = "parquet",
    .engines = "duckdb",
    .run = run,
};
