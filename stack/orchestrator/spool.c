#include "stack/orchestrator/spool.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "stack/home.h"

#define BEGAN       255 /* the kind of the first frame; others are those of events */
#define LENGTH_SIZE 4
#define HEAD_SIZE   12 /* version, kind, printed, length of the reason, peak */
#define ABOUT_MAX   (64u << 10)
#define HEADER_MAX  256 /* the first line of a task */

/* ---- frames ---------------------------------------------------------------------------------- */

void zpl_spool_put(struct zpl_buf *out, const struct zpl_spool_frame *frame)
{
    const struct zpl_event *event = &frame->event;
    size_t reason = strlen(event->reason);
    zpl_buf_u32(out, (uint32_t)(HEAD_SIZE + reason + event->len));
    zpl_buf_putc(out, ZPL_SPOOL_VERSION);
    zpl_buf_putc(out, (char)(frame->began ? BEGAN : (int)event->kind));
    zpl_buf_putc(out, event->printed);
    zpl_buf_putc(out, (char)reason);
    zpl_buf_u64(out, event->peak_bytes);
    zpl_buf_add(out, event->reason, reason);
    zpl_buf_add(out, event->data, event->len);
}

enum zpl_err zpl_spool_take(const void *data, size_t len, size_t *used,
                            struct zpl_spool_frame *frame)
{
    const unsigned char *at = data;
    if (len < LENGTH_SIZE)
        return ZPL_ERR_NOT_FOUND;
    size_t size = zpl_buf_number(at, LENGTH_SIZE);
    if (size < HEAD_SIZE || size > ZPL_MESSAGE_MAX + HEAD_SIZE + sizeof frame->event.reason)
        return ZPL_ERR_INPUT;
    if (len < LENGTH_SIZE + size)
        return ZPL_ERR_NOT_FOUND;
    at += LENGTH_SIZE;
    size_t reason = at[3];
    if (at[0] != ZPL_SPOOL_VERSION)
        return ZPL_ERR_VERSION;
    *frame = (struct zpl_spool_frame){.began = at[1] == BEGAN};
    if ((!frame->began && at[1] > ZPL_EVENT_LOST) || HEAD_SIZE + reason > size ||
        reason >= sizeof frame->event.reason)
        return ZPL_ERR_INPUT;
    if (!frame->began)
        frame->event.kind = (enum zpl_event_kind)at[1];
    frame->event.printed = at[2] != 0;
    frame->event.peak_bytes = zpl_buf_number(at + 4, 8);
    memcpy(frame->event.reason, at + HEAD_SIZE, reason);
    frame->event.data = at + HEAD_SIZE + reason;
    frame->event.len = size - HEAD_SIZE - reason;
    *used = LENGTH_SIZE + size;
    return ZPL_OK;
}

/* ---- the folder ------------------------------------------------------------------------------ */

enum zpl_err zpl_spool_make(const char *folder, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_home_join(path, folder, ZPL_SPOOL_WORK, diags);
    if (err == ZPL_OK)
        err = zpl_fs_mkdirs(path, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(path, folder, ZPL_SPOOL_EVENTS, diags);
    if (err == ZPL_OK)
        err = zpl_fs_write_file(path, "", 0, false, diags);
    return err;
}

/* A value as a file. */
static enum zpl_err write_json_take(const char *folder, const char *name, struct zpl_json *value,
                                    struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    enum zpl_err err = zpl_json_write(value, false, &text);
    zpl_json_release(value);
    err = err == ZPL_OK ? zpl_home_join(path, folder, name, diags) : zpl_diag_nomem(diags);
    if (err == ZPL_OK)
        err = zpl_fs_write_file(path, text.data, text.len, false, diags);
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_spool_write_about(const char *folder, const struct zpl_spool_about *about,
                                   struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_json *o = zpl_json_object();
    zpl_digest_hex(&about->key, hex);
    zpl_json_set_take(o, "v", zpl_json_int(ZPL_SPOOL_VERSION));
    zpl_json_set_take(o, "protocol", zpl_json_int(ZPL_PROTOCOL_VERSION));
    zpl_json_set_take(o, "key", about->has_key ? zpl_json_string(hex) : zpl_json_null());
    zpl_json_set_take(o, "batch", zpl_json_int((int64_t)about->batch));
    zpl_json_set_take(o, "index", zpl_json_int(about->index));
    return write_json_take(folder, ZPL_SPOOL_ABOUT, o, diags);
}

enum zpl_err zpl_spool_read_about(const char *folder, struct zpl_spool_about *about)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    struct zpl_json *o = NULL;
    *about = (struct zpl_spool_about){0};
    enum zpl_err err = zpl_path_join(path, folder, ZPL_SPOOL_ABOUT);
    if (err == ZPL_OK)
        err = zpl_fs_read_file(path, ABOUT_MAX, &text, NULL);
    if (err == ZPL_OK)
        err = zpl_json_parse(text.data, text.len, &o, NULL);
    if (err == ZPL_OK && (zpl_json_i64(zpl_json_get(o, "v"), 0) != ZPL_SPOOL_VERSION ||
                          zpl_json_i64(zpl_json_get(o, "protocol"), 0) != ZPL_PROTOCOL_VERSION))
        err = ZPL_ERR_VERSION;
    if (err == ZPL_OK) {
        const char *key = zpl_json_str(zpl_json_get(o, "key"), NULL);
        about->has_key = key != NULL && zpl_digest_parse(key, &about->key);
        about->batch = (uint64_t)zpl_json_i64(zpl_json_get(o, "batch"), 0);
        about->index = (uint32_t)zpl_json_i64(zpl_json_get(o, "index"), 0);
    }
    zpl_json_release(o);
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_spool_write_task(const char *folder, const void *bytes, size_t len,
                                  const struct zpl_task_needs *needs, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {.cap = ZPL_MESSAGE_MAX + HEADER_MAX};
    zpl_buf_printf(&text, "zpl-task %d %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", ZPL_SPOOL_VERSION,
                   needs->memory_bytes, needs->timeout_ms, needs->together ? needs->workers : 0);
    zpl_buf_add(&text, bytes, len);
    enum zpl_err err = zpl_buf_error(&text) == ZPL_OK
                           ? zpl_home_join(path, folder, ZPL_SPOOL_TASK, diags)
                           : zpl_diag_nomem(diags);
    if (err == ZPL_OK)
        err = zpl_fs_write_file(path, text.data, text.len, false, diags);
    zpl_buf_release(&text);
    return err;
}

/* A folder that this version can't read. */
static enum zpl_err unreadable(const char *folder, enum zpl_err err, struct zpl_diags *diags)
{
    zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                 err == ZPL_ERR_VERSION ? "the task in %s is of another version of zpl"
                                        : "there is no task in %s that can be read",
                 folder);
    return err;
}

enum zpl_err zpl_spool_read_task(const char *folder, struct zpl_task_needs *needs,
                                 struct zpl_buf *bytes, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    int version = 0, head = 0;
    *needs = (struct zpl_task_needs){.fresh = true};
    enum zpl_err err = zpl_home_join(path, folder, ZPL_SPOOL_TASK, diags);
    if (err == ZPL_OK && access(path, F_OK) != 0 && errno == ENOENT)
        return ZPL_ERR_NOT_FOUND;
    if (err == ZPL_OK)
        err = zpl_fs_read_file(path, ZPL_MESSAGE_MAX + HEADER_MAX, bytes, diags);
    if (err != ZPL_OK)
        return err;
    int found = sscanf(zpl_buf_str(bytes), "zpl-task %d %" SCNu64 " %" SCNu64 " %" SCNu32 "%n",
                       &version, &needs->memory_bytes, &needs->timeout_ms, &needs->workers, &head);
    needs->together = needs->workers > 1;
    if (found >= 1 && version != ZPL_SPOOL_VERSION)
        return unreadable(folder, ZPL_ERR_VERSION, diags);
    if (found != 4 || (size_t)head >= bytes->len || bytes->data[head] != '\n')
        return unreadable(folder, ZPL_ERR_INPUT, diags);
    zpl_buf_drop(bytes, (size_t)head + 1);
    return ZPL_OK;
}

void zpl_spool_unwant(const char *folder)
{
    char path[ZPL_PATH_MAX];
    if (zpl_path_join(path, folder, ZPL_SPOOL_TASK) == ZPL_OK)
        unlink(path);
}

bool zpl_spool_wanted(const char *folder)
{
    char path[ZPL_PATH_MAX];
    return zpl_path_join(path, folder, ZPL_SPOOL_TASK) == ZPL_OK &&
           (access(path, F_OK) == 0 || errno != ENOENT);
}
