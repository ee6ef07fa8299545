/* duck.h - DuckDB, opened by dlopen at first use.  The one owner of duckdb.h.
 * Promise: a session is an in-memory database that gives the same bytes everywhere: one thread, UTC,
 * rows in order, locked settings; it opens no file but those it was opened for, loads and installs
 * no extension, and has functions of the clock shadowed so that a query can't reach them.
 * Opening a database takes 8 ms, so one whose files are all below one folder is kept by the process for
 * the next such session, which sees nothing of the one before: what a session makes is temporary, and
 * goes with its connection.  One that stands ready since before the process was forked (zpl_duck_ready) saves that for
 * the first session of a process, and the loading of the library.
 * Owns: a session owns its database and connection until zpl_duck_release(); the library stays open.
 * Errors: NO_LIBRARY with the places that were looked at; ZPL_ERR_STEP with DuckDB's own words,
 * freed of their positions; ZPL_ERR_NOMEM (STEP_LIMIT) when its memory limit was met.
 * Limits: ZPL_DUCK_BYTES_DEFAULT, ZPL_SQL_MAX.   Floor: stdlib. */
#ifndef ZPL_TABLE_DUCK_H
#define ZPL_TABLE_DUCK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef DUCKDB_API_NO_DEPRECATED
#define DUCKDB_API_NO_DEPRECATED
#endif
#include <duckdb.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"

#define ZPL_DUCK_VERSION "v1.4.4"
/* Rows of a row group, the unit in which tables are stored and read. */
#define ZPL_DUCK_GROUP_ROWS 122880

/* The functions of duckdb.h that are used, without their prefix. */
#define ZPL_DUCK_FUNCTIONS(X)                                                                      \
    X(open_ext)                                                                                    \
    X(close)                                                                                       \
    X(connect)                                                                                     \
    X(disconnect)                                                                                  \
    X(create_config)                                                                               \
    X(set_config)                                                                                  \
    X(destroy_config)                                                                              \
    X(query)                                                                                       \
    X(destroy_result)                                                                              \
    X(column_name)                                                                                 \
    X(column_count)                                                                                \
    X(column_type)                                                                                 \
    X(column_logical_type)                                                                         \
    X(result_error)                                                                                \
    X(connection_get_arrow_options)                                                                \
    X(destroy_arrow_options)                                                                       \
    X(fetch_chunk)                                                                                 \
    X(prepare)                                                                                     \
    X(prepare_error)                                                                               \
    X(destroy_prepare)                                                                             \
    X(bind_parameter_index)                                                                        \
    X(bind_value)                                                                                  \
    X(execute_prepared)                                                                            \
    X(prepared_statement_column_count)                                                             \
    X(prepared_statement_column_name)                                                              \
    X(prepared_statement_column_type)                                                              \
    X(create_bool)                                                                                 \
    X(create_int64)                                                                                \
    X(create_double)                                                                               \
    X(create_varchar_length)                                                                       \
    X(create_date)                                                                                 \
    X(create_timestamp)                                                                            \
    X(create_null_value)                                                                           \
    X(destroy_value)                                                                               \
    X(free)                                                                                        \
    X(create_logical_type)                                                                         \
    X(create_list_type)                                                                            \
    X(destroy_logical_type)                                                                        \
    X(get_type_id)                                                                                 \
    X(logical_type_get_alias)                                                                      \
    X(enum_dictionary_size)                                                                        \
    X(enum_dictionary_value)                                                                       \
    X(list_type_child_type)                                                                        \
    X(array_type_child_type)                                                                       \
    X(array_type_array_size)                                                                       \
    X(create_data_chunk)                                                                           \
    X(destroy_data_chunk)                                                                          \
    X(data_chunk_get_vector)                                                                       \
    X(data_chunk_get_size)                                                                         \
    X(data_chunk_set_size)                                                                         \
    X(vector_get_column_type)                                                                      \
    X(vector_get_data)                                                                             \
    X(vector_get_validity)                                                                         \
    X(vector_ensure_validity_writable)                                                             \
    X(vector_assign_string_element_len)                                                            \
    X(vector_reference_vector)                                                                     \
    X(vector_copy_sel)                                                                             \
    X(create_selection_vector)                                                                     \
    X(destroy_selection_vector)                                                                    \
    X(selection_vector_get_data_ptr)                                                               \
    X(list_vector_get_child)                                                                       \
    X(list_vector_get_size)                                                                        \
    X(list_vector_set_size)                                                                        \
    X(list_vector_reserve)                                                                         \
    X(array_vector_get_child)                                                                      \
    X(decimal_width)                                                                               \
    X(decimal_scale)                                                                               \
    X(to_arrow_schema)                                                                             \
    X(data_chunk_to_arrow)                                                                         \
    X(schema_from_arrow)                                                                           \
    X(data_chunk_from_arrow)                                                                       \
    X(destroy_arrow_converted_schema)                                                              \
    X(error_data_message)                                                                          \
    X(destroy_error_data)                                                                          \
    X(create_table_function)                                                                       \
    X(destroy_table_function)                                                                      \
    X(table_function_set_name)                                                                     \
    X(table_function_set_extra_info)                                                               \
    X(table_function_set_bind)                                                                     \
    X(table_function_set_init)                                                                     \
    X(table_function_set_function)                                                                 \
    X(register_table_function)                                                                     \
    X(bind_get_extra_info)                                                                         \
    X(bind_add_result_column)                                                                      \
    X(function_get_extra_info)                                                                     \
    X(function_set_error)                                                                          \
    X(create_scalar_function)                                                                      \
    X(destroy_scalar_function)                                                                     \
    X(scalar_function_set_name)                                                                    \
    X(scalar_function_add_parameter)                                                               \
    X(scalar_function_set_return_type)                                                             \
    X(scalar_function_set_extra_info)                                                              \
    X(scalar_function_set_function)                                                                \
    X(scalar_function_get_extra_info)                                                              \
    X(scalar_function_set_error)                                                                   \
    X(register_scalar_function)                                                                    \
    X(library_version)

struct zpl_duck_api {
#define ZPL_DUCK_POINTER(name) __typeof__(duckdb_##name) *name;
    ZPL_DUCK_FUNCTIONS(ZPL_DUCK_POINTER)
#undef ZPL_DUCK_POINTER
};

struct zpl_duck_options {
    uint64_t memory_bytes; /* 0: ZPL_DUCK_BYTES_DEFAULT */
    const char *scratch;   /* folder for what does not fit into memory; NULL: it has to fit */
    const char *within; /* folder whose files may all be opened, when all of `paths` are below it,
                                 and `scratch` if there is one; then its database may be kept.  NULL: none */
    const char *const *paths; /* files that may be read and written */
    size_t path_count;
    bool apart;       /* nobody looks for what expressions have in common, which takes the square of
                         their number */
    bool json_errors; /* messages carry positions and candidates as JSON; settings stay open */
};
struct zpl_duck {
    const struct zpl_duck_api *api;
    duckdb_database database;
    duckdb_connection connection;
    bool kept; /* the database stays when the session ends */
};

/* Opens the library, once a process. */
enum zpl_err zpl_duck_load(const struct zpl_duck_api **out, struct zpl_diags *diags);
/* Opens the library and a database, which the first session of each process that is forked from this one takes for
 * its own.  Leaves neither threads nor descriptors behind.  What fails is tried again, and told, by that session. */
void zpl_duck_ready(void);
/* The functions, for callbacks: a session is open. */
const struct zpl_duck_api *zpl_duck_api(void);
enum zpl_err zpl_duck_open(const struct zpl_duck_options *options, struct zpl_duck *out,
                           struct zpl_diags *diags);
void zpl_duck_release(struct zpl_duck *duck); /* safe on a zeroed struct */

/* Runs one statement.  On failure the result is empty, and `words` (cleared first) says why. */
bool zpl_duck_try(struct zpl_duck *duck, const char *sql, duckdb_result *out,
                  struct zpl_buf *words);
/* The same, the result thrown away and a failure told as a diagnostic. */
enum zpl_err zpl_duck_exec(struct zpl_duck *duck, const char *sql, struct zpl_diags *diags);
/* The same with the result kept; the caller destroys it. */
enum zpl_err zpl_duck_query(struct zpl_duck *duck, const char *sql, duckdb_result *out,
                            struct zpl_diags *diags);
/* Tells the failure of a result or statement; `words` as DuckDB gave them. */
enum zpl_err zpl_duck_fail(struct zpl_diags *diags, const char *words);
/* DuckDB's message without its excerpt, prefix and advice on settings, as one line. */
void zpl_duck_words(const char *message, struct zpl_buf *out);

/* The text in row `row` of a vector of VARCHAR; not NUL-terminated, the vector's. */
const char *zpl_duck_string(duckdb_vector vector, idx_t row, size_t *len);

/* Visits the rows of a result of INT (BIGINT) and text (VARCHAR) columns: calls `row` with the cells
 * of one row; a NULL has valid false.  Consumes the result. */
struct zpl_duck_cell {
    bool valid;
    int64_t i;
    const char *s; /* not NUL-terminated */
    size_t n;
};
typedef enum zpl_err zpl_duck_row_fn(void *self, const struct zpl_duck_cell *cells, size_t count);
enum zpl_err zpl_duck_each(struct zpl_duck *duck, const char *sql, zpl_duck_row_fn *row, void *self,
                           struct zpl_diags *diags);

/* "name" and 'text' with their quotes doubled. */
void zpl_duck_ident(struct zpl_buf *out, const char *name);
void zpl_duck_text(struct zpl_buf *out, const char *s, size_t n);
/* The path of one file as a text of SQL: a * in its name is no pattern. */
void zpl_duck_path(struct zpl_buf *out, const char *path);

#endif
