/* sqlite_schema.c - the tables of the metadata store, in words for people who open it with sqlite3.
 * Digests and keys are 64 hexadecimal digits, times nanoseconds since 1970.  A change of anything
 * here is a new ZPL_SCHEMA_VERSION, and a migration in sqlite_migrate.c.   Floor: stack. */
#include "lang/base/version.h"
#include "stack/metadata/sqlite.h"

#define TEXT_OF(x)   #x
#define NUMBER_OF(x) TEXT_OF(x)

const char zpl_sqlite_schema[] = ZPL_SQLITE_TEXT_TABLES

    "CREATE TABLE runs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* a number is never given to another run */
    "  pipeline TEXT NOT NULL,"
    "  file TEXT NOT NULL,"
    "  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'cancelled')),"
    "  started_ns INTEGER NOT NULL,"
    "  ended_ns INTEGER,"
    "  params TEXT,"
    "  error TEXT,"
    "  plan TEXT,"    /* digest of a text */
    "  graph TEXT,"   /* the same */
    "  sum TEXT,"     /* of the row: see sqlite_sum.c */
    "  places TEXT);" /* as graph; NULL: of an older zpl, whose plan and graph have them */
    "CREATE INDEX runs_of_pipeline ON runs (pipeline, id);"
    "CREATE INDEX runs_by_plan ON runs (plan);"
    "CREATE INDEX runs_by_graph ON runs (graph);"
    "CREATE INDEX runs_by_places ON runs (places);" ZPL_SQLITE_TEXT_VIEW

    "CREATE TABLE steps (" /* only steps that ran; the run's plan names the cached ones */
    "  id INTEGER PRIMARY KEY,"
    "  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,"
    "  pipeline TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  step TEXT NOT NULL,"
    "  kernel TEXT NOT NULL,"
    "  status TEXT NOT NULL CHECK (status IN ('ran', 'failed')),"
    "  key TEXT NOT NULL,"
    "  shape_key TEXT NOT NULL,"
    "  started_ns INTEGER NOT NULL,"
    "  duration_ns INTEGER NOT NULL,"
    "  peak_bytes INTEGER," /* NULL: unknown */
    "  attempts INTEGER NOT NULL,"
    "  error TEXT,"
    "  ingredients TEXT,"
    "  log BLOB,"
    "  log_sum TEXT,"
    "  made_sum TEXT," /* of its key, times and outputs: what a hit needs */
    "  sum TEXT,"      /* of the row with its outputs, columns, inputs and name */
    "  boot TEXT,"     /* in which its bytes were written; NULL: they were read after another */
    "  UNIQUE (run, name));"
    "CREATE INDEX steps_by_key ON steps (key) WHERE status = 'ran';"
    "CREATE INDEX steps_by_name ON steps (pipeline, name, id) WHERE status = 'ran';"

    "CREATE TABLE outputs ("
    "  id INTEGER PRIMARY KEY,"
    "  step INTEGER NOT NULL REFERENCES steps (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL,"
    "  type TEXT NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  rows INTEGER," /* NULL: no table */
    "  value TEXT);"  /* JSON of a short value, else NULL */
    "CREATE INDEX outputs_of_step ON outputs (step);"
    "CREATE INDEX outputs_by_digest ON outputs (digest);"

    "CREATE TABLE columns ("
    "  id INTEGER PRIMARY KEY,"
    "  output INTEGER NOT NULL REFERENCES outputs (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL,"
    "  digest TEXT NOT NULL);"
    "CREATE INDEX columns_of_output ON columns (output);"

    "CREATE TABLE inputs ("
    "  id INTEGER PRIMARY KEY,"
    "  step INTEGER NOT NULL REFERENCES steps (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  from_step TEXT NOT NULL," /* '' : not made by a step */
    "  from_output TEXT NOT NULL);"
    "CREATE INDEX inputs_of_step ON inputs (step);"
    "CREATE INDEX inputs_by_digest ON inputs (digest);"

    "CREATE TABLE names (" /* what a step wrote for other runs, by when it did; it counts once its */
    "  step INTEGER PRIMARY KEY REFERENCES steps (id) ON DELETE CASCADE," /* run is done */
    "  name TEXT NOT NULL);"
    "CREATE INDEX names_by_name ON names (name, step);"

    "CREATE TABLE memo ("
    "  space TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  data BLOB NOT NULL,"
    "  sum TEXT,"
    "  PRIMARY KEY (space, key));"
    /* what steps made is remembered in one piece: none of it is any more */
    "CREATE TRIGGER steps_forgotten AFTER DELETE ON steps"
    "  BEGIN DELETE FROM memo WHERE space = 'made'; END;"

    "PRAGMA user_version = " NUMBER_OF(ZPL_SCHEMA_VERSION) ";";
