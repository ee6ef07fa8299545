/* explain.c - zpl check --explain: what each code of a diagnostic means and what helps.   Floor: vm. */
#include <string.h>
#include <strings.h>

#include "lang/base/version.h"
#include "vm/cli/cli.h"

/* A paragraph or two, wrapped as it is printed. */
static const char *const texts[] = {
    [ZPL_CODE_SYNTAX] =
        "The text breaks a rule of Lua's grammar, or writes something as another language does.\n"
        "All independent mistakes of a file are told at once; mend the first of each place first.\n"
        "\n"
        "    if hour != 7 then end        -- wrong\n"
        "    if hour ~= 7 then end        -- right",
    [ZPL_CODE_UNKNOWN_NAME] = "A name is used that is neither a local variable, nor a param's "
                              "table, nor one of zpl's own.\n"
                              "New names are made with `local`: there are no globals.\n"
                              "\n"
                              "    flights = csv.read \"f.csv\"         -- wrong\n"
                              "    local flights = csv.read \"f.csv\"   -- right",
    [ZPL_CODE_LUA] = "Evaluating the program met an error that is no question of types: arithmetic "
                     "on nil, a call of\n"
                     "what is no function, error(…). The excerpt shows where, \"called from\" how "
                     "it came there.",
    [ZPL_CODE_LANG_LIMIT] = "A program has 5 s and 192 MiB for its evaluation, and texts, tables, "
                            "nesting and the number of\n"
                            "steps are bounded (docs/language.md has the table). Data belongs into "
                            "steps, which run without\n"
                            "these limits; a loop that never ends is the usual cause otherwise.",
    [ZPL_CODE_IMPORT] =
        "`import \"other.zpl\"` names a file relative to the one that imports it. It has to be "
        "there,\n"
        "readable, a program without mistakes, and must not import itself by way of others.",
    [ZPL_CODE_UNKNOWN_STEP] = "No standard step has this name. `zpl doc` lists them; a step of "
                              "your own is declared with\n"
                              "`step \"name\" { … }` and called by its variable.",
    [ZPL_CODE_WRONG_KIND] =
        "A step was given a value of another type than its signature asks for: a model where a "
        "table\n"
        "belongs, a text for a number. `zpl doc STEP` shows the signature, the note who made the "
        "value.\n"
        "\n"
        "    predict { rows, model }     -- wrong\n"
        "    predict { model, rows }     -- right: as in the signature, or by name",
    [ZPL_CODE_UNKNOWN_ARGUMENT] = "The step takes no argument of this name. `zpl doc STEP` lists "
                                  "what it takes; every call may also\n"
                                  "say `as when after allow resources retries timeout cache`.",
    [ZPL_CODE_MISSING_ARGUMENT] = "An argument without a default was not given. Required arguments "
                                  "stand first, in the order of the\n"
                                  "signature, or are given by name.",
    [ZPL_CODE_UNKNOWN_COLUMN] = "A column is named that the table does not have: in SQL, as a "
                                "label or feature, or as a field.\n"
                                "The note lists the table's columns and the step that made it.",
    [ZPL_CODE_COLUMN_TYPE] = "A column has another type than the step can work with: trees want "
                             "numbers, a classifier's label\n"
                             "is Bool, Enum or String. Convert or drop it in SQL: `SELECT * "
                             "EXCLUDE (carrier) FROM rows`.",
    [ZPL_CODE_OUT_OF_RANGE] =
        "A value that the program gives breaks a refinement: `min max one_of match`.",
    [ZPL_CODE_DUPLICATE_ARGUMENT] = "The same name is given twice in one table or call. Keep one.",
    [ZPL_CODE_DUPLICATE_COLUMN] = "Two columns of one table have the same name, or names that "
                                  "differ only in case, which SQL takes\n"
                                  "for one. Rename one with AS.",
    [ZPL_CODE_BAD_CALL] = "A step, pipeline or function of zpl's is called in a way that it can't "
                          "be. Steps take one table:\n"
                          "\n"
                          "    split(rows, 0.8)               -- wrong\n"
                          "    split { rows, ratio = 0.8 }    -- right",
    [ZPL_CODE_RUNTIME_VALUE] =
        "What a step returns is known only when it has run, after the program was evaluated. It "
        "can be\n"
        "given to steps, compared in conditions and asked for a field; it can't be branched on, "
        "computed\n"
        "with or printed. Skip a step with `when`, compute inside one with `sql` or `lua`.\n"
        "\n"
        "    if report.auc > 0.6 then deploy { model } end      -- wrong\n"
        "    deploy { model, when = report.auc > 0.6 }          -- right",
    [ZPL_CODE_UNKNOWN_FIELD] = "A value is asked for a field that its type does not have. Reports "
                               "and records have fields, a\n"
                               "table's fields are the names of its columns, models have none.",
    [ZPL_CODE_BAD_CONDITION] = "A condition compares numbers with numbers, texts with texts, Bools "
                               "with `==` and `~=`; conditions\n"
                               "are joined by `and`, `or` and `not`.",
    [ZPL_CODE_SIGNATURE] =
        "The text of a signature or type can't be read; the caret stands at the first thing that "
        "is wrong.\n"
        "\n"
        "    (rows: Table {a: Int, ...r}, k: Int 1..9 = 3) -> (rows: Table {a: Int, ...r})",
    [ZPL_CODE_BAD_DECLARATION] = "A declaration (params, step, pipeline, type) has a field it "
                                 "can't have, or a value that is none.",
    [ZPL_CODE_BODY] =
        "A step has exactly one body: `sql`, `lua`, `python`, `command` or `kernel`. A Lua body "
        "takes along plain\n"
        "values, tables and functions; it can't take a value known only at run time: make that an "
        "input of the step.",
    [ZPL_CODE_PYTHON] =
        "A step gives its inputs and params to the parameters of their names, and takes what the "
        "function returns as\n"
        "its outputs. The file is read, never run: it has no such function, a parameter is "
        "missing, or an annotation\n"
        "is another type than the step declares.\n"
        "\n"
        "    def train(rows: pd.DataFrame, depth: int = 6) -> xgb.Booster: ...\n"
        "    signature = \"(rows: Table {...r}, depth: Int = 6) -> (model: Model {xgboost})\"",
    [ZPL_CODE_SQL_SYNTAX] =
        "The query is no SQL that DuckDB can parse; the caret stands where it stopped.",
    [ZPL_CODE_SQL_BIND] = "The query does not fit its tables: a function that does not take these "
                          "types, a GROUP BY that\n"
                          "leaves a column out. As a warning: the result depends on the order in "
                          "which rows are stored.",
    [ZPL_CODE_SQL_FORBIDDEN] =
        "A query is one SELECT over the tables in scope: a function of its inputs. It opens no "
        "files,\n"
        "changes no settings and knows neither clock nor chance; samples need a seed.",
    [ZPL_CODE_SQL_TYPE] = "A column of the result has a type that tables don't have here: a "
                          "STRUCT, a TIME, an INTERVAL.\n"
                          "Cast it, or name its parts.",
    [ZPL_CODE_SOURCE_READ] =
        "A file that the program reads is not there, not readable, or not what its step reads. "
        "Paths in a\n"
        "program are relative to its project, on the command line to the working directory.",
    [ZPL_CODE_SOURCE_SCHEMA] =
        "A file's columns are not those that `type = Table {…}` declares. Either the file changed "
        "or the\n"
        "declaration is wrong; columns that may follow are allowed with `...`.",
    [ZPL_CODE_LEAK] =
        "A model would learn from what it is to predict, or be judged by what it has learnt:\n"
        "a feature that is known only afterwards (`hindsight`), or is computed from such a column "
        "in any step\n"
        "on the way; a feature that is computed from all that the label is computed from, and not "
        "only of rows\n"
        "before those of the label; a table to evaluate on\n"
        "that holds rows of the one that the model was trained on. The notes show the way. Leave "
        "it "
        "out; if it\n"
        "is meant, say so: `allow = { leak = { \"column\" } }` where the model is trained, "
        "`allow = { leak = { \"test\" } }`\n"
        "where it is evaluated. A warning says that a feature and the label share some columns.\n"
        "\n"
        "    evaluate { model, data }     -- wrong\n"
        "    evaluate { model, data, allow = { leak = { \"test\" } } }     -- right: it is meant",
    [ZPL_CODE_STACK] =
        "A stack names its components, each by a word with its options; what it does "
        "not name is this\n"
        "machine's own. A warning says that this build of zpl can check a component, but "
        "not open it.\n\n"
        "    stack \"laptop\" { orchestrator = here { jobs = 8 } }",
    [ZPL_CODE_USAGE] =
        "The command line says too much or too little. `zpl COMMAND --help` has an example.",
    [ZPL_CODE_UNKNOWN_COMMAND] = "zpl has no such command. `zpl --help` lists them.",
    [ZPL_CODE_UNKNOWN_FLAG] = "Neither the command nor the program's params have this name. Params "
                              "are flags: `--minutes 30`.",
    [ZPL_CODE_PARAM_TYPE] = "The text given for a param is no value of its type. Lists are written "
                            "`1,2,3`, dates 2024-02-29.",
    [ZPL_CODE_PARAM_RANGE] = "The value given for a param breaks one of its refinements.",
    [ZPL_CODE_PARAM_MISSING] = "A param without a default has to be given: `--day 2024-02-29`. "
                               "With `Optional(Date)` it may be\n"
                               "left out, and is nil.",
    [ZPL_CODE_UNKNOWN_RUN] = "The store holds no such run, step or artifact. `zpl runs` lists "
                             "runs, `zpl show RUN` its steps.",
    [ZPL_CODE_SYSTEM] = "The operating system refused what zpl asked; the message carries "
                        "operation, path and reason.",
    [ZPL_CODE_NO_MEMORY] = "Memory ran out. Nothing half-written is kept; what was finished stays.",
    [ZPL_CODE_NO_LIBRARY] =
        "DuckDB, XGBoost or ONNX Runtime can't be opened. `make setup` gets them; "
        "DUCKDB_DIR, XGBOOST_DIR and\n"
        "ONNXRUNTIME_DIR name other copies.",
    [ZPL_CODE_STORE] = "The store (.zpl beside the program, or ZPL_HOME) can't be opened or "
                       "written: its permissions, a\n"
                       "full disk, a file system that can't lock.",
    [ZPL_CODE_STORE_VERSION] = "The store was written by another version of zpl, whose formats "
                               "this one does not know. Use that\n"
                               "version, or another folder with ZPL_HOME.",
    [ZPL_CODE_STORE_CORRUPT] =
        "The store holds other bytes than were put there: a disk, or somebody, "
        "changed them. `zpl doctor`\n"
        "tells of all there are, and `zpl doctor --repair` forgets them, so that "
        "the next run makes them again.",
    [ZPL_CODE_STORE_BUSY] =
        "Another process held the store for a minute, or another machine has it "
        "open. Wait for it, or end it.",
    [ZPL_CODE_DEPLOY] = "The model can't be made available where the stack's deployer puts models.",
    [ZPL_CODE_STEP_FAILED] = "A step ended with an error; the message is its own. `zpl logs RUN "
                             "STEP` shows all it printed.",
    [ZPL_CODE_STEP_CRASHED] =
        "The process of a step was ended by a signal: a crash inside a library, or someone's kill.",
    [ZPL_CODE_STEP_LOST] = "A step that runs elsewhere was not begun, since the cluster refuses "
                           "what it asks for, or its\n"
                           "machine failed or was needed for others. What is lost is begun again "
                           "three times, beside the\n"
                           "`retries` of the step.",
    [ZPL_CODE_STEP_LIMIT] = "A step met its `timeout` or the memory it may use. Say more in "
                            "`resources` or `timeout`, say `retries`, or give\n"
                            "it less data.",
    [ZPL_CODE_STEP_OUTPUT] =
        "What a step wrote is not what it declares: a column is missing, a value has another type.",
    [ZPL_CODE_CONTRACT] =
        "Rows break a refinement that the type of their column declares: `min max one_of match "
        "required\n"
        "unique`, or a value that an Enum does not have. Told are the column, how many rows, and "
        "the "
        "first of\n"
        "them; rows of a file are counted from 1 without its header. Either the data is wrong, or "
        "the type\n"
        "promises too much: leave such rows out in SQL, mend the file, or declare less.\n"
        "\n"
        "An output is checked when it was written. An input is checked before its step runs, where "
        "the step\n"
        "that made the table does not promise what is needed.\n"
        "\n"
        "    csv.read { \"people.csv\", type = Table { id = Int { required = true, unique = true "
        "},\n"
        "                                            age = Int { min = 0, max = 150 } } }",
    [ZPL_CODE_WORKER] = "A worker process could not be started, or ended without an answer.",
    [ZPL_CODE_PYTHON_ENV] = "A step is a function of Python, and there is no python3 on PATH (3.9 "
                            "or newer), it does not "
                            "answer, or the\n"
                            "step would have it load what no key knows of (PYTHONPATH in `vars`).",
};

/* The paragraph; NULL when a code has none, which a test refuses. */
static const char *text_of(int code)
{
    return (size_t)code < sizeof texts / sizeof *texts ? texts[code] : NULL;
}

/* `zpl check --explain all`: docs/errors.md. */
static void explain_all(void)
{
    puts("# Diagnostics\n\n"
         "Every message of zpl has a code. `zpl check --explain E014` prints one of these; this "
         "page is\n"
         "what `zpl check --explain all` prints.");
    for (int code = 0; code < ZPL_CODE_COUNT; code++)
        printf("\n## %s: %s\n\n%s\n", zpl_code_id((enum zpl_code)code),
               zpl_code_title((enum zpl_code)code), text_of(code) != NULL ? text_of(code) : "");
}

static struct zpl_json *code_json(int code)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "code", zpl_json_string(zpl_code_id((enum zpl_code)code)));
    zpl_json_set_take(o, "title", zpl_json_string(zpl_code_title((enum zpl_code)code)));
    zpl_json_set_take(o, "text", zpl_json_string(text_of(code)));
    return o;
}

int zpl_cli_explain(struct zpl_cli *cli)
{
    const char *ids[ZPL_CODE_COUNT];
    if (strcasecmp(cli->explain, "all") == 0) {
        explain_all();
        return ZPL_EXIT_DONE;
    }
    for (int code = 0; code < ZPL_CODE_COUNT; code++) {
        ids[code] = zpl_code_id((enum zpl_code)code);
        if (strcasecmp(ids[code], cli->explain) != 0)
            continue;
        if (cli->options & ZPL_OPT_JSON)
            zpl_cli_print_json_take(code_json(code));
        else
            printf("%s: %s\n\n%s\n", ids[code], zpl_code_title((enum zpl_code)code), text_of(code));
        return ZPL_EXIT_DONE;
    }
    return zpl_cli_usage(cli, ZPL_CODE_USAGE,
                         "a code stands in brackets after `error`, as E014; "
                         "`--explain all` prints all of them",
                         "there is no code '%s'", cli->explain);
}
