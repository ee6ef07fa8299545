/* csv.c - csv.read: CSV files as a table.   Floor: stdlib. */
#include "stdlib/file/ingest.h"

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_datafile_options options = {.format = "csv",
                                           .delimiter = ctx->param_text(ctx, "delimiter")};
    options.header_given = ctx->param_bool(ctx, "header", &options.header);
    return zpl_ingest(ctx, &options);
}

ZPL_KERNEL(csv_read) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "csv.read",
    .signature = "(path: Path, type?: type t, delimiter?: String, header?: Bool, "
                 "hindsight?: columns h) -> (rows: Table t)\n"
                 "(path: List(Path), type?: type t, delimiter?: String, header?: Bool, "
                 "hindsight?: columns h) -> (rows: Table t)",
    .doc =
        "Reads CSV files as a table.\n"
        "\n"
        "The files are UTF-8 and follow RFC 4180: fields with delimiters, quotes or line ends "
        "in them\n"
        "stand between double quotes, a quote inside is doubled.  An empty field is a null.\n"
        "\n"
        "    path       the file, a pattern of names (`\"data/2024-*.csv\"`), or a list of "
        "files: see below\n"
        "    type       the table's type, `Table { id = Int, name = String }`: exactly these "
        "columns are\n"
        "               read, found by the names in the header (without one, by their order).  "
        "Left\n"
        "               out: all columns, their types guessed from the first 20,480 rows\n"
        "    delimiter  what separates fields; left out: that of , ; tab | which stands most "
        "often in\n"
        "               the first line\n"
        "    header     does the first line hold the names; left out: found in the file\n"
        "    hindsight  columns that are known only afterwards: no model may learn from them\n"
        "\n"
        "Whole numbers become Int, other numbers Float, true and false Bool, days and times "
        "written as\n"
        "in ISO 8601 Date and Timestamp (UTC; a time with an offset is the instant it means); "
        "anything else\n"
        "is a String: also whole numbers that neither an Int nor a Float holds exactly, or that "
        "begin with\n"
        "zeros (007), numbers with a decimal comma, yes and no.  A later row that holds what the "
        "guess was\n"
        "not made of fails the step, and says what to declare.  When a column is wanted for a "
        "number, and one\n"
        "of its values made it a String, the message names the row and the value.  A column that "
        "is declared\n"
        "as Bool takes yes, no, y, n, t, f, 1 and 0 too.\n"
        "\n"
        "Several files are read as one table, in the order of their names (of a list: in the "
        "order given).\n"
        "In a pattern * and ? stand for parts of one name, [ab] for one of these characters; a "
        "file that is\n"
        "called exactly so is just that file.  Columns are found by name in each file, and all "
        "files must\n"
        "have the same columns and types, unless `type` says what to read of each.  A step runs "
        "again when a\n"
        "file comes, goes or holds something else, not when one is called otherwise and stays "
        "in its place.\n"
        "\n"
        "Errors: a file that can't be read or holds text that is not UTF-8; a declared column "
        "that is\n"
        "not there; a value that is not of its column's type, told with file, row (from 1, the "
        "header not\n"
        "counted), column and value.  Nothing is rounded: 1.5 is no Int.\n"
        "A value outside of what its column declares (Int { min = 0 }), of all such columns "
        "with how many\n"
        "and the first rows.\n"
        "\n"
        "    local people = csv.read { \"data/people.csv\", type = Table { id = Int, name = "
        "String } }\n"
        "    local year = csv.read \"data/2024-*.csv\"",
    .source = "csv",
    .engines = "duckdb",
    .run = run,
};
