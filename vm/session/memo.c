/* memo.c - answers of the engine kept in the metadata store.   Floor: vm. */
#include "vm/session/memo.h"

#include <string.h>

#include "stdlib/catalog.h"
#include "vm/protocol/protocol.h"
#include "vm/session/engine.h"
#include "vm/session/source.h"

/* Key of a question: its encoded task, the engine's version, and the content it is about. */
static struct zpl_digest question(const struct zpl_buf *task, const struct zpl_digest *content)
{
    const char *engines = zpl_stdlib_engines("sql");
    const char *code = zpl_stdlib_identity("sql");
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, engines, strlen(engines));
    zpl_hasher_field(&hasher, code, strlen(code));
    zpl_hasher_field(&hasher, task->data, task->len);
    if (content != NULL)
        zpl_hasher_field(&hasher, content->b, sizeof content->b);
    return zpl_hasher_final(&hasher);
}

static bool recall(struct zpl_metadata *metadata, const char *space, const struct zpl_digest *key,
                   struct zpl_buf *reply)
{
    struct zpl_diags quiet = {0};
    bool known =
        metadata != NULL && metadata->memo_get(metadata->self, space, key, reply, &quiet) == ZPL_OK;
    zpl_diags_release(&quiet);
    return known;
}

static void keep(struct zpl_metadata *metadata, const char *space, const struct zpl_digest *key,
                 const struct zpl_buf *reply)
{
    struct zpl_diags quiet = {0};
    (void)metadata->memo_put(metadata->self, space, key, reply->data, reply->len, &quiet);
    zpl_diags_release(&quiet);
}

static enum zpl_err bind(void *self, const struct zpl_bind_request *request,
                         struct zpl_bind_answer *answer, struct zpl_arena *arena,
                         struct zpl_diags *diags)
{
    static const char SPACE[] = "bind";
    struct zpl_memo *memo = self;
    struct zpl_metadata *metadata = zpl_session_memo(memo->session);
    struct zpl_buf task = {0};
    struct zpl_buf reply = {0};
    struct zpl_diags quiet = {0};
    struct zpl_digest key;
    enum zpl_err err = ZPL_OK;
    bool known = false;
    bool keyed = zpl_task_encode_bind(request, &task) == ZPL_OK;
    if (keyed) {
        key = question(&task, NULL);
        known = recall(metadata, SPACE, &key, &reply) &&
                zpl_reply_decode_bind(reply.data, reply.len, request->table_count, answer, arena,
                                      &quiet) == ZPL_OK;
    }
    if (!known)
        err = memo->inner.bind(memo->inner.self, request, answer, arena, diags);
    zpl_diags_clear(&quiet);
    zpl_buf_clear(&reply);
    if (err == ZPL_OK && !known && keyed && metadata != NULL &&
        answer->error.fault != ZPL_BIND_LIMIT &&
        zpl_reply_encode_bind(ZPL_OK, answer, request->table_count, &quiet, &reply) == ZPL_OK)
        keep(metadata, SPACE, &key, &reply);
    zpl_diags_release(&quiet);
    zpl_buf_release(&reply);
    zpl_buf_release(&task);
    return err;
}

/* Is the content still what it was before the engine read it?  Else the answer may be about other
 * bytes than its key. */
static bool same_content(struct zpl_session *session, const char *path,
                         const struct zpl_digest *before, struct zpl_diags *quiet)
{
    struct zpl_digest now;
    uint64_t bytes;
    return zpl_source_digest(session, path, &now, &bytes, quiet) == ZPL_OK &&
           zpl_digest_equal(&now, before);
}

static enum zpl_err schema(void *self, const struct zpl_schema_request *request,
                           struct zpl_schema_answer *answer, struct zpl_arena *arena,
                           struct zpl_diags *diags)
{
    static const char SPACE[] = "schema";
    struct zpl_memo *memo = self;
    struct zpl_metadata *metadata = zpl_session_memo(memo->session);
    struct zpl_buf task = {0};
    struct zpl_buf reply = {0};
    struct zpl_diags quiet = {0};
    struct zpl_digest content = {{0}};
    struct zpl_digest key;
    uint64_t bytes;
    enum zpl_err err = ZPL_OK;
    bool known = false;
    struct zpl_schema_request nameless = *request; /* the answer is about the content */
    nameless.path = "";
    bool keyed =
        metadata != NULL && zpl_task_encode_schema(&nameless, &task) == ZPL_OK &&
        zpl_source_digest(memo->session, request->path, &content, &bytes, &quiet) == ZPL_OK;
    if (keyed) {
        key = question(&task, &content);
        known = recall(metadata, SPACE, &key, &reply) &&
                zpl_reply_decode_schema(reply.data, reply.len, answer, arena, &quiet) == ZPL_OK;
    }
    if (!known)
        err = memo->inner.schema(memo->inner.self, request, answer, arena, diags);
    zpl_diags_clear(&quiet);
    zpl_buf_clear(&reply);
    if (err == ZPL_OK && !known && keyed && answer->error == NULL &&
        same_content(memo->session, request->path, &content, &quiet) &&
        zpl_reply_encode_schema(ZPL_OK, answer, &quiet, &reply) == ZPL_OK)
        keep(metadata, SPACE, &key, &reply);
    zpl_diags_release(&quiet);
    zpl_buf_release(&reply);
    zpl_buf_release(&task);
    return err;
}

enum zpl_err zpl_memo_look(struct zpl_session *session, const char *space,
                           const struct zpl_digest *key, const struct zpl_look_request *request,
                           struct zpl_json **out, struct zpl_diags *diags)
{
    struct zpl_metadata *metadata = key != NULL ? zpl_session_memo(session) : NULL;
    struct zpl_buf text = {0};
    enum zpl_err err = ZPL_OK;
    *out = NULL;
    bool known = recall(metadata, space, key, &text) &&
                 zpl_json_parse(zpl_buf_str(&text), text.len, out, NULL) == ZPL_OK;
    if (!known)
        err = zpl_engine_look(session, request, out, diags);
    zpl_buf_clear(&text);
    if (err == ZPL_OK && !known && metadata != NULL && zpl_json_write(*out, false, &text) == ZPL_OK)
        keep(metadata, space, key, &text);
    zpl_buf_release(&text);
    return err;
}

static int64_t spent_ns(void *self)
{
    const struct zpl_memo *memo = self;
    return memo->session->engine_ns;
}

void zpl_memo_init(struct zpl_memo *memo, struct zpl_session *session, struct zpl_engine inner,
                   struct zpl_engine *out)
{
    memo->session = session;
    memo->inner = inner;
    out->self = memo;
    out->bind = bind;
    out->schema = schema;
    out->spent_ns = spent_ns;
}
