/* commands.c - the one table of commands.   Floor: vm. */
#include "vm/cli/cli.h"

static const struct zpl_command COMMANDS[] = {
    {"run", "FILE[:PIPELINE] [--PARAM VALUE …]",
     "run a pipeline; what is done already is not done again",
     "Every step whose code, params and input content are as before is taken from the store.\n"
     "A step that fails stops only the steps that need it.\n"
     "ZPL_TRACE=1 in the environment tells why a run was evaluated although one was there to be "
     "recalled.",
     "zpl run delays.zpl --minutes 30",
     ZPL_OPT_PARAMS | ZPL_OPT_JSON | ZPL_OPT_JOBS | ZPL_OPT_NO_CACHE | ZPL_OPT_FAIL_FAST |
         ZPL_OPT_STACK | ZPL_OPT_ONLY | ZPL_OPT_FROM | ZPL_OPT_EVENTS,
     1, 1, zpl_cmd_run},
    {"check", "FILE[:PIPELINE] [--PARAM VALUE …]", "check types, columns and params; nothing runs",
     "All independent mistakes are told at once.  --explain E014 says more about one code.",
     "zpl check delays.zpl", ZPL_OPT_PARAMS | ZPL_OPT_JSON | ZPL_OPT_EXPLAIN, 0, 1, zpl_cmd_check},
    {"plan", "FILE[:PIPELINE] [--PARAM VALUE …]", "what would run, what is cached, and why",
     "Decides by the same keys as run does, and runs nothing.  Tells what the steps took last "
     "time, and\n"
     "what the program reads, runs, connects to, deploys, finds and writes under names, and takes.",
     "zpl plan delays.zpl --minutes 30",
     ZPL_OPT_PARAMS | ZPL_OPT_JSON | ZPL_OPT_NO_CACHE | ZPL_OPT_ONLY | ZPL_OPT_FROM, 1, 1,
     zpl_cmd_plan},
    {"why", "FILE[:PIPELINE] STEP [--PARAM VALUE …]", "what differs from the last time a step ran",
     "Names every ingredient of the step's key that is not as it was.",
     "zpl why delays.zpl xgboost.train --minutes 30", ZPL_OPT_PARAMS | ZPL_OPT_JSON, 2, 2,
     zpl_cmd_why},
    {"graph", "FILE[:PIPELINE] [--format text|mermaid|dot|json]",
     "the steps and what flows between them",
     "json is the canonical form that other tools can read (docs/graph.md).",
     "zpl graph delays.zpl --format mermaid", ZPL_OPT_PARAMS | ZPL_OPT_FORMAT | ZPL_OPT_JSON, 1, 1,
     zpl_cmd_graph},
    {"repl", "[FILE] [--PARAM VALUE …]",
     "a session: enter a cell, see its types and values at once",
     "Every cell is checked with those before it; a value is computed when it is shown, and is "
     "taken\n"
     "from the same store as that of zpl run.  The names of FILE are there from the start.  In a "
     "pipe\n"
     "there are no prompts, and the exit code is 1 if a cell failed.",
     "zpl repl delays.zpl", ZPL_OPT_PARAMS | ZPL_OPT_JOBS, 0, 1, zpl_cmd_repl},
    {"runs", "[PIPELINE] [--limit N]", "the runs of this project, newest first", NULL,
     "zpl runs --limit 5", ZPL_OPT_JSON | ZPL_OPT_LIMIT, 0, 1, zpl_cmd_runs},
    {"show", "[RUN[/STEP[/OUTPUT]] | NAME] [--rows N] [--html FILE]",
     "a run, one of its steps, or what a step made",
     "RUN is a number of `zpl runs`, or `last` (the default); NAME is what artifact.write left "
     "under it.\n"
     "Of an OUTPUT it shows what it "
     "holds: of a "
     "table\n"
     "the columns with their figures and the first rows, of a report its fields, of a model what "
     "its\n"
     "features are worth, of a file or folder what is in it; of a step inside an `each` "
     "('last/score[*]')\n"
     "its items.  --html writes a page about the whole run.",
     "zpl show last/split/train --rows 5",
     ZPL_OPT_JSON | ZPL_OPT_ROWS | ZPL_OPT_HTML | ZPL_OPT_ENGINE, 0, 1, zpl_cmd_show},
    {"diff", "[[RUN] RUN]", "two runs side by side: params, code, columns, reports, times",
     "With one RUN, it and the run of its pipeline before; without, the last one and the one "
     "before.",
     "zpl diff 3 last", ZPL_OPT_JSON, 0, 2, zpl_cmd_diff},
    {"reproduce", "[RUN]", "do a run again from what it recorded, and compare every output",
     "Each step is done anew, in scratch, with the inputs that it had then; the bytes that it "
     "makes "
     "are held\n"
     "to those that were recorded.  So a step that is not deterministic is named, and not those "
     "behind it.\n"
     "Effects (deploy) are not done again, and files that changed since can't be read as they "
     "were. "
     " Ends\n"
     "with 1 when a step differs, fails, or can't be done again.  Nothing in the store is "
     "replaced.",
     "zpl reproduce last", ZPL_OPT_JSON | ZPL_OPT_JOBS | ZPL_OPT_ENGINE, 0, 1, zpl_cmd_reproduce},
    {"export", "RUN/STEP[/OUTPUT]|NAME FILE [--force]",
     "write what a step made to a file or folder",
     "The ending of FILE says how: a table as .csv, .parquet, .json (a list of records) or .jsonl "
     "(a record\n"
     "a line), a report or another value as .json, a String also as .txt.  Models and files go out "
     "as they\n"
     "are (one of XGBoost is .ubj), a Dir as a folder.  FILE appears whole or not at all; what is "
     "there is kept without "
     "--force.",
     "zpl export last/predict/rows scored.csv", ZPL_OPT_JSON | ZPL_OPT_FORCE | ZPL_OPT_ENGINE, 2, 2,
     zpl_cmd_export},
    {"gc", "[--keep N] [--days N] [--dry-run]", "remove what no kept run needs",
     "Kept are the N newest runs of each pipeline (10 without a word), with --days those of the "
     "last days\n"
     "and the newest of each pipeline, with both what either keeps; and always the newest that was "
     "done.\n"
     "All that a kept run made or used stays, so that running it again is cached; of a map what "
     "was\n"
     "made for any item of it.  Deployments stay, and what stands under a name.\n"
     "Nothing is removed while a run goes on.",
     "zpl gc --keep 3 --dry-run", ZPL_OPT_JSON | ZPL_OPT_KEEP | ZPL_OPT_DAYS | ZPL_OPT_DRY_RUN, 0,
     0, zpl_cmd_gc},
    {"doctor", "[--repair]", "look the whole store over and say what to do",
     "Reads the database and every artifact, and holds the bytes to their digests.  Ends with 1 "
     "when there\n"
     "is a problem.  --repair forgets outputs whose bytes are wrong or missing, and damaged rows "
     "of "
     "the\n"
     "database: their steps run again.",
     "zpl doctor", ZPL_OPT_JSON | ZPL_OPT_REPAIR, 0, 0, zpl_cmd_doctor},
    {"logs", "[RUN[/STEP]] [--follow]", "what steps printed",
     "Without a step, of all steps of the run.  --follow waits for what they print next, each line "
     "behind\n"
     "the name of its step, and ends with the run; with a step, with the step.  Of an `each` over "
     "a "
     "list\n"
     "known at run time 'split[*]' is all items, 'split[3]' one.",
     "zpl logs last/xgboost.train", ZPL_OPT_JSON | ZPL_OPT_FOLLOW, 0, 1, zpl_cmd_logs},
    {"lineage",
     "FILE[:PIPELINE] COLUMN [--format text|dot|json] | ARTIFACT | RUN/STEP/OUTPUT | NAME",
     "where a column or an artifact came from, and what was made of it",
     "COLUMN is step.output.column, variable.column or a name alone; nothing runs.  ARTIFACT is at "
     "least\n"
     "6 digits of its digest, as `zpl show` prints it; RUN/STEP/OUTPUT as in\n"
     "zpl lineage last/xgboost.train/model; NAME, with a / in it, what artifact.write left.",
     "zpl lineage delays.zpl train.late", ZPL_OPT_PARAMS | ZPL_OPT_FORMAT | ZPL_OPT_JSON, 1, 2,
     zpl_cmd_lineage},
    {"doc", "[NAME]",
     "a step or a word of the language: signature, meaning, example; without a name, all", NULL,
     "zpl doc split", ZPL_OPT_JSON, 0, 1, zpl_cmd_doc},
    {"version", "", "versions of zpl, its formats and its engines", NULL, "zpl version",
     ZPL_OPT_JSON, 0, 0, zpl_cmd_version},
    {"worker", "FOLDER", "run one task of a run, in the folder that was made for it",
     "A stack whose steps run elsewhere has this started there; it is no command for people.  `-` "
     "in place of a folder is a part of a task, which standard input says.",
     "zpl worker .zpl/spool/1764329000000000000", 0, 1, 1, zpl_cmd_worker},
    {0}};

const struct zpl_command *zpl_cli_commands(void)
{
    return COMMANDS;
}
