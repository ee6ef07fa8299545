/* codes.h - the one table of diagnostic codes: X(NAME, "E000", title).
 * E0xx the program, E1xx the command line and params, E2xx the system, E3xx the stores,
 * E4xx steps that ran.  A code never changes its meaning; a retired one is not reused.
 * Floor: base. */
#ifndef ZPL_BASE_CODES_H
#define ZPL_BASE_CODES_H

#define ZPL_CODES(X)                                                                               \
    X(SYNTAX, "E001", "the text is not a zpl program")                                             \
    X(UNKNOWN_NAME, "E002", "a name that nothing declares")                                        \
    X(LUA, "E003", "the program failed while it was evaluated")                                    \
    X(LANG_LIMIT, "E004", "a limit of the language was met")                                       \
    X(IMPORT, "E005", "an import that can't be loaded")                                            \
    X(UNKNOWN_STEP, "E010", "a step that nothing declares")                                        \
    X(WRONG_KIND, "E011", "a value of another type than the step wants")                           \
    X(UNKNOWN_ARGUMENT, "E012", "an argument the step does not have")                              \
    X(MISSING_ARGUMENT, "E013", "a required argument is missing")                                  \
    X(UNKNOWN_COLUMN, "E014", "a column the table does not have")                                  \
    X(COLUMN_TYPE, "E015", "a column of another type than the step wants")                         \
    X(OUT_OF_RANGE, "E016", "a value outside its declared range")                                  \
    X(DUPLICATE_ARGUMENT, "E017", "an argument given twice")                                       \
    X(DUPLICATE_COLUMN, "E018", "two columns of one name")                                         \
    X(BAD_CALL, "E019", "a step called in a way it can't be")                                      \
    X(RUNTIME_VALUE, "E030", "a value known only at run time used as if it were known now")        \
    X(UNKNOWN_FIELD, "E031", "a field the value does not have")                                    \
    X(BAD_CONDITION, "E032", "a condition that can't be one")                                      \
    X(SIGNATURE, "E040", "a signature or type that can't be read")                                 \
    X(BAD_DECLARATION, "E041", "a declaration with a mistake in it")                               \
    X(BODY, "E042", "a step body that can't run")                                                  \
    X(PYTHON, "E043", "a Python function that can't be what the step declares")                    \
    X(SQL_SYNTAX, "E050", "SQL that can't be parsed")                                              \
    X(SQL_BIND, "E051", "SQL that does not fit its tables")                                        \
    X(SQL_FORBIDDEN, "E052", "SQL that does what a step may not")                                  \
    X(SQL_TYPE, "E053", "SQL whose result has a type zpl has no name for")                         \
    X(SOURCE_READ, "E060", "a data source that can't be read")                                     \
    X(SOURCE_SCHEMA, "E061", "a data source that is not what the program declares")                \
    X(LEAK, "E070", "a leak: what is known only afterwards, or was learnt from")                   \
    X(STACK, "E080", "a stack that can't be what it says")                                         \
    X(USAGE, "E100", "a command line that can't be understood")                                    \
    X(UNKNOWN_COMMAND, "E101", "a command zpl does not have")                                      \
    X(UNKNOWN_FLAG, "E102", "a flag or param nothing declares")                                    \
    X(PARAM_TYPE, "E103", "a param of another type than declared")                                 \
    X(PARAM_RANGE, "E104", "a param outside its declared range")                                   \
    X(PARAM_MISSING, "E105", "a param without a value")                                            \
    X(UNKNOWN_RUN, "E106", "a run, step or artifact that is not in the store")                     \
    X(SYSTEM, "E200", "a system call failed")                                                      \
    X(NO_MEMORY, "E201", "out of memory")                                                          \
    X(NO_LIBRARY, "E202", "a library that can't be opened")                                        \
    X(STORE, "E300", "the store can't be used")                                                    \
    X(STORE_VERSION, "E301", "the store was written by another version of zpl")                    \
    X(STORE_CORRUPT, "E302", "the store holds bytes that were not put there")                      \
    X(STORE_BUSY, "E303", "the store is held by another process")                                  \
    X(DEPLOY, "E310", "a model that can't be deployed")                                            \
    X(STEP_FAILED, "E400", "a step ended with an error")                                           \
    X(STEP_CRASHED, "E401", "a step was ended by a signal")                                        \
    X(STEP_LIMIT, "E402", "a step met a limit of time or memory")                                  \
    X(STEP_OUTPUT, "E403", "a step wrote something else than it declares")                         \
    X(WORKER, "E404", "a worker that can't be started or understood")                              \
    X(CONTRACT, "E405", "rows that break the contract of their table")                             \
    X(STEP_LOST, "E406", "a step that was not begun, or was lost with its machine")                \
    X(PYTHON_ENV, "E407",                                                                          \
      "Python, a package or an environment that is not there or not what the key says")

#endif
