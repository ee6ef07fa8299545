/* words.c - what `zpl doc` says of the language's own words: they are no steps, so no catalog has them.
 * Floor: vm. */
#include <string.h>

#include "vm/cli/cli.h"

/* By name.  An example stands at the end of each, indented by four. */
static const struct zpl_cli_word words[] = {
    {"coalesce", "coalesce(a, b, …) -> value",
     "The first of several values whose step was not skipped.\n"
     "\n"
     "All have one type; the last may be a plain value, for when all others were skipped.\n"
     "\n"
     "    local drifted = coalesce(shift.drifted, true)"},
    {"each", "each(list, function (item, i) … end) -> list, …",
     "Calls a function for every item of an array and returns the array of what it returned.\n"
     "\n"
     "Steps called inside are named `split[1]`, `split[2]`.  Several results give several arrays; "
     "nil\n"
     "is left out.  Over a List that a step returned the function is called once, with the item "
     "at\n"
     "hand as a run-time value.\n"
     "\n"
     "    local tables = each({ \"a.csv\", \"b.csv\" }, function (file) return csv.read(file) "
     "end)"},
    {"files", "files(pattern: Path) -> { Path }",
     "The files that match a pattern, as paths in the order of their names.\n"
     "\n"
     "Known when the program is checked: a file that came or went is a step that came or went.  "
     "No\n"
     "match is an error.\n"
     "\n"
     "    local days = each(files \"data/2024-*.csv\", function (file) return csv.read(file) end)"},
    {"grid", "grid { name = { value, … }, … } -> { { name = value, … }, … }",
     "All combinations of some values, as an array in written order.\n"
     "\n"
     "    each(grid { max_depth = { 3, 6 }, eta = { 0.1, 0.3 } }, function (h) … end)"},
    {"import", "import(file: String) -> value",
     "What another file returns; it is evaluated once.\n"
     "\n"
     "The path is relative to the file that imports, and may leave out `.zpl`.  Such a file ends "
     "in\n"
     "`return { name = value }`.\n"
     "\n"
     "    local shared = import \"shared.zpl\""},
    {"kfold", "kfold { rows, k = 5, seed = 0, stratify = \"column\" } -> { { train, test }, … }",
     "The k folds of a cross-validation, as an array.\n"
     "\n"
     "Every row is in `test` of one fold and in `train` of all others.  `zpl doc fold` says how "
     "rows\n"
     "are shared out.\n"
     "\n"
     "    each(kfold { rows, k = 5 }, function (fold) return split { fold.train } end)"},
    {"limits", "limits { name = slots, … }",
     "Says how many steps may use something at a time, whichever runs they belong to.\n"
     "\n"
     "It stands in project.zpl.  A step says what it takes while it runs, `resources = { db = 1 "
     "}`, "
     "and\n"
     "waits until so many slots are free; other steps go on.  All runs over one store share them.\n"
     "\n"
     "    limits { db = 2, licence = 1 }"},
    {"max", "max(list) -> value;  max(list, \"field\") -> item",
     "The greatest of some numbers, or the first item whose field is greatest.\n"
     "\n"
     "The values may be known only at run time; NaN is never the greatest.\n"
     "\n"
     "    local best = max(trials, \"auc\")"},
    {"mean", "mean(numbers) -> Float;  mean(list, \"field\") -> Float;  mean(reports) -> table",
     "The mean of some numbers, of a field, or of every number that some reports have.\n"
     "\n"
     "    local auc = mean(reports).auc"},
    {"min", "min(list) -> value;  min(list, \"field\") -> item",
     "The least of some numbers, or the first item whose field is least.\n"
     "\n"
     "The values may be known only at run time; NaN is never the least.\n"
     "\n"
     "    local best = min(trials, \"rmse\")"},
    {"params", "params { name = type or default, … } -> table",
     "Declares what the command line may set, and gives the plain values.\n"
     "\n"
     "A value stands for its type with that default; a param without a default has to be given.  "
     "A\n"
     "file declares params once.\n"
     "\n"
     "    local p = params { minutes = Int { default = 15, min = 0 }, data = Path \"rows.csv\" }"},
    {"pipeline", "pipeline \"name\" { inputs, params, outputs, build = function (p) … end }",
     "Names a pipeline: `zpl run FILE:name` runs it, and it can be called like a step.\n"
     "\n"
     "`build` gets one table with inputs and params and returns the outputs.  `signature` may "
     "stand\n"
     "for inputs, params and outputs; `schedule` and `doc` may be said too.\n"
     "\n"
     "    local halves = pipeline \"halves\" {\n"
     "      inputs = { rows = Table {...} },\n"
     "      build  = function (p) return split { p.rows, ratio = 0.5 } end,\n"
     "    }"},
    {"sql", "sql [[ SELECT … ]] -> rows: Table",
     "One SELECT of DuckDB's over the tables in scope, as a step.\n"
     "\n"
     "Tables are read by the names of their variables, scalars and params are `$name`.  In braces "
     "the\n"
     "call takes what every call may say: `sql { [[ SELECT … ]], as = \"clean\" }`.\n"
     "\n"
     "    local late = sql [[ SELECT *, delay > $minutes AS late FROM flights ]]"},
    {"stack", "stack \"name\" { orchestrator, artifacts, metadata, images, deployer, secrets }",
     "Says where steps run and where things live; `zpl run FILE --stack name` takes it.\n"
     "\n"
     "What is not named is the embedded one: this machine, the folder `.zpl`, SQLite.\n"
     "\n"
     "    stack \"laptop\" { orchestrator = here { jobs = 8 } }"},
    {"step", "step \"name\" { signature, sql or lua or python or command or kernel }",
     "Declares a step of your own.\n"
     "\n"
     "It says what it takes and gives by one signature, or by inputs, params and outputs, and has "
     "one\n"
     "body.  `doc`, `resources`, `retries`, `timeout` and `cache` may be said too.  A function of "
     "Python\n"
     "(`python = \"file.py:function\"`) is given inputs and params by the names of its parameters; "
     "without a\n"
     "signature its annotations are the declaration.  A command or function reads the system, its "
     "project,\n"
     "and what `vars` and `files` declare; it writes its outputs and below $TMPDIR, and opens "
     "network\n"
     "connections with `network = true` only.  `env = venv \"requirements.txt\"` is an environment "
     "of its own.\n"
     "\n"
     "    local recent = step \"recent\" {\n"
     "      signature = \"(rows: Table {day: Int, ...r}, days: Int = 30) -> (rows: Table {day: "
     "Int})\",\n"
     "      sql       = [[ SELECT day FROM rows WHERE day <= $days ]],\n"
     "    }"},
    {"venv", "venv \"requirements.txt\"",
     "An environment of Python, for the `env` of a step with a `python` body.\n"
     "\n"
     "It is made once in the store, by uv or pip, named by the text of the file, and used as it is "
     "from then\n"
     "on.  Pin the versions there.\n"
     "\n"
     "    local train = step \"train\" { python = \"train.py:train\", env = venv "
     "\"requirements.txt\" "
     "}"},
};

const struct zpl_cli_word *zpl_cli_word_at(size_t i)
{
    return i < sizeof words / sizeof *words ? &words[i] : NULL;
}

const struct zpl_cli_word *zpl_cli_word_find(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}
