/* json.c - json.read: JSON files as a table.   Floor: stdlib. */
#include "stdlib/file/ingest.h"

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_datafile_options options = {.format = "json"};
    return zpl_ingest(ctx, &options);
}

ZPL_KERNEL(json_read) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "json.read",
    .signature = "(path: Path, type?: type t, hindsight?: columns h) -> (rows: Table t)\n"
                 "(path: List(Path), type?: type t, hindsight?: columns h) -> (rows: Table t)",
    .doc = "Reads JSON files as a table.\n"
           "\n"
           "A file holds one object a line, or one array of objects; it is UTF-8 (a byte order "
           "mark is passed\n"
           "over) and not compressed.  Each object is a row, each key a column; a key that is not "
           "there is a\n"
           "null, as one whose value is null.\n"
           "\n"
           "    path       the file, a pattern of names (`\"data/2024-*.json\"`), or a list of "
           "files: see below\n"
           "    type       the table's type, `Table { id = Int, tags = List(String) }`: exactly "
           "these columns\n"
           "               are read, found by their keys.  Left out: the keys of the first 20,480 "
           "objects in\n"
           "               the order in which they are met, their types guessed from these\n"
           "    hindsight  columns that are known only afterwards: no model may learn from them\n"
           "\n"
           "Whole numbers of 64 bits become Int, other numbers Float, true and false Bool, texts "
           "written as in\n"
           "ISO 8601 Date and Timestamp (UTC), other texts String; arrays of one of these become a "
           "List of it.\n"
           "Objects, other arrays, and values of several kinds become Json, which keeps them as "
           "they are; whole\n"
           "numbers beyond 64 bits, or beside fractions beyond the 53 of a Float, become String.\n"
           "NaN, Infinity and -Infinity, in quotes or as Python writes them, are Floats beside "
           "numbers.\n"
           "\n"
           "Of a declared type a value is what a CSV field with its characters would be: \"12\" "
           "can be an Int, 1.0\n"
           "is none, and a String takes numbers.  Only texts are times, only arrays lists; Json "
           "takes anything.\n"
           "\n"
           "Several files are read as one table, in the order of their names (of a list: in the "
           "order given).\n"
           "In a pattern * and ? stand for parts of one name, [ab] for one of these characters; a "
           "file that is\n"
           "called exactly so is just that file.  Keys are found by name in each file, and all "
           "files must\n"
           "have the same columns and types, unless `type` says what to read of each.  A step runs "
           "again when a\n"
           "file comes, goes or holds something else, not when one is called otherwise and stays "
           "in its place.\n"
           "With a declared type a file may lack a key that another has.\n"
           "\n"
           "Errors: a file that can't be read, told with the line that is no JSON or no object; a "
           "key twice in\n"
           "one object; a key that only later objects have, when the columns are not declared; a "
           "declared column\n"
           "that is in no object, or whose values in the first ones can't be of its type; a value "
           "that is not of\n"
           "its column's type, told with file, row (from 1), column and value; values outside of "
           "what their\n"
           "columns declare (Int { min = 0 }).\n"
           "\n"
           "    local events = json.read { \"data/events.json\", type = Table { sent = Timestamp, "
           "user = Json } }",
    .source = "json",
    .engines = "duckdb",
    .run = run,
};
