/* protocol.h - what driver and worker say to each other: canonical JSON, versioned, nothing but bytes.
 * A task is { v, kind: "run" | "bind" | "schema" | "preview" | "export" | "module", … }; its answer { v, err, diags, … }; while it runs
 * the worker may send { log } and { progress, what }; that of a part of a task, words of gang_word.h (part.h).
 * Owns: encoders append to a buffer; decoders put everything into the caller's arena.
 * Errors: ZPL_ERR_VERSION for another protocol, ZPL_ERR_INPUT for anything malformed, each with a
 * WORKER diagnostic.   Floor: vm. */
#ifndef ZPL_VM_PROTOCOL_PROTOCOL_H
#define ZPL_VM_PROTOCOL_PROTOCOL_H

#include "lang/base/buf.h"
#include "lang/check/engine.h"
#include "stdlib/body/look.h"
#include "stdlib/preview/preview.h"
#include "stdlib/run.h"

enum zpl_task_kind {
    ZPL_TASK_RUN,
    ZPL_TASK_BIND,
    ZPL_TASK_SCHEMA,
    ZPL_TASK_PREVIEW,
    ZPL_TASK_EXPORT,
    ZPL_TASK_MODULE /* a question to Python */
};

enum zpl_err zpl_task_encode_run(const struct zpl_run_task *task, struct zpl_buf *out);
enum zpl_err zpl_task_encode_bind(const struct zpl_bind_request *request, struct zpl_buf *out);
enum zpl_err zpl_task_encode_schema(const struct zpl_schema_request *request, struct zpl_buf *out);
enum zpl_err zpl_task_encode_preview(const struct zpl_preview_request *request,
                                     struct zpl_buf *out);
enum zpl_err zpl_task_encode_export(const struct zpl_export_request *request, struct zpl_buf *out);
enum zpl_err zpl_task_encode_module(const struct zpl_look_request *request, struct zpl_buf *out);

struct zpl_task {
    enum zpl_task_kind kind;
    struct zpl_run_task run;
    struct zpl_bind_request bind;
    struct zpl_schema_request schema;
    struct zpl_preview_request preview;
    struct zpl_export_request export;
    struct zpl_look_request look;
};
enum zpl_err zpl_task_decode(const void *data, size_t len, struct zpl_task *out,
                             struct zpl_arena *arena, struct zpl_diags *diags);

/* Answers.  `err` and `diags` travel with them and come out as the decoder's own. */
enum zpl_err zpl_reply_encode_run(enum zpl_err err, const struct zpl_run_result *result,
                                  const struct zpl_diags *diags, struct zpl_buf *out);
enum zpl_err zpl_reply_encode_bind(enum zpl_err err, const struct zpl_bind_answer *answer,
                                   size_t table_count, const struct zpl_diags *diags,
                                   struct zpl_buf *out);
enum zpl_err zpl_reply_encode_schema(enum zpl_err err, const struct zpl_schema_answer *answer,
                                     const struct zpl_diags *diags, struct zpl_buf *out);
enum zpl_err zpl_reply_decode_run(const void *data, size_t len, struct zpl_run_result *out,
                                  struct zpl_arena *arena, struct zpl_diags *diags);
/* `table_count` of the question: an answer about another number of tables is malformed. */
enum zpl_err zpl_reply_decode_bind(const void *data, size_t len, size_t table_count,
                                   struct zpl_bind_answer *out, struct zpl_arena *arena,
                                   struct zpl_diags *diags);
enum zpl_err zpl_reply_decode_schema(const void *data, size_t len, struct zpl_schema_answer *out,
                                     struct zpl_arena *arena, struct zpl_diags *diags);
/* Of a preview and a module (`json` as it is; NULL becomes null) and of an export (NULL). */
enum zpl_err zpl_reply_encode_json(enum zpl_err err, const struct zpl_json *json,
                                   const struct zpl_diags *diags, struct zpl_buf *out);
/* *out is the caller's reference; NULL after an error. */
enum zpl_err zpl_reply_decode_json(const void *data, size_t len, struct zpl_json **out,
                                   struct zpl_diags *diags);

/* A message while a task runs. */
struct zpl_note_message {
    const char *log; /* NULL: none */
    size_t log_len;
    double progress; /* 0..1, or -1 */
    const char *what;
};
enum zpl_err zpl_message_encode(const struct zpl_note_message *message, struct zpl_buf *out);
enum zpl_err zpl_message_decode(const void *data, size_t len, struct zpl_note_message *out,
                                struct zpl_arena *arena);

#endif
