/* columns.h - one column of a program, what it comes from and what is computed from it, for
 * `zpl lineage FILE COLUMN`.
 * Owns: everything is in the arena of the command line.   Floor: vm. */
#ifndef ZPL_VM_CLI_COLUMNS_H
#define ZPL_VM_CLI_COLUMNS_H

#include "lang/graph/lineage.h"
#include "vm/cli/cli.h"

struct zpl_columns_edge {
    uint32_t from, to; /* indexes of columns */
    enum zpl_lineage_how how;
};
/* A step without a table of its own that reads a column: it trains, judges, tells. */
struct zpl_columns_reader {
    uint32_t column, node;
};
struct zpl_columns {
    struct zpl_cli *cli;
    const struct zpl_session *session;
    const struct zpl_graph *graph;
    struct zpl_lineage_column *columns; /* the first is the one that was asked for */
    size_t count, capacity;
    struct zpl_columns_edge *edges;
    size_t edge_count, edge_capacity;
    struct zpl_columns_reader *readers;
    size_t reader_count, reader_capacity;
};

/* The column that a word names: step.output.column, variable.column, step.column, or its name alone when
 * it is made once.  Tells when there is none, or several. */
enum zpl_err zpl_columns_find(struct zpl_columns *c, const char *word, struct zpl_diags *diags);
/* Everything that it comes from, and that comes from it. */
void zpl_columns_follow(struct zpl_columns *c);

/* columns_show.c */
void zpl_columns_text(const struct zpl_columns *c, struct zpl_buf *out);
void zpl_columns_dot(const struct zpl_columns *c, struct zpl_buf *out);
struct zpl_json *zpl_columns_json(const struct zpl_columns *c);

#endif
