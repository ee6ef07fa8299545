/* log.c - head and tail of a text.   Floor: vm. */
#include "vm/run/log.h"

#include <stdbool.h>
#include <string.h>

#include "lang/base/limits.h"
#include "lang/base/text.h"

/* Adds to one part; what it has no memory for counts as dropped. */
static void put(struct zpl_log *log, struct zpl_buf *part, const char *text, size_t len)
{
    zpl_buf_add(part, text, len);
    if (zpl_buf_error(part) != ZPL_OK)
        log->dropped += len;
}

/* To the head while it has room, else to the tail, whose older half goes when it is full. */
void zpl_log_add(struct zpl_log *log, const char *text, size_t len)
{
    size_t room = log->tail.len == 0 ? ZPL_LOG_HEAD_BYTES - log->head.len : 0;
    size_t n = len < room ? len : room;
    if (n > 0)
        put(log, &log->head, text, n);
    text += n;
    len -= n;
    if (len > ZPL_LOG_TAIL_BYTES) {
        log->dropped += log->tail.len + len - ZPL_LOG_TAIL_BYTES;
        zpl_buf_truncate(&log->tail, 0);
        text += len - ZPL_LOG_TAIL_BYTES;
        len = ZPL_LOG_TAIL_BYTES;
    } else if (log->tail.len + len > 2 * ZPL_LOG_TAIL_BYTES) {
        size_t drop = log->tail.len + len - ZPL_LOG_TAIL_BYTES;
        log->dropped += drop;
        zpl_buf_drop(&log->tail, drop);
    }
    if (len > 0)
        put(log, &log->tail, text, len);
}

/* What of the tail is shown, and how much before it is not. */
static const char *shown_tail(const struct zpl_log *log, size_t *len, uint64_t *dropped)
{
    size_t over = log->tail.len > ZPL_LOG_TAIL_BYTES ? log->tail.len - ZPL_LOG_TAIL_BYTES : 0;
    *len = log->tail.len - over;
    *dropped = log->dropped + over;
    return zpl_buf_str(&log->tail) + over;
}

void zpl_log_text(const struct zpl_log *log, struct zpl_buf *out)
{
    size_t len;
    uint64_t dropped;
    const char *tail = shown_tail(log, &len, &dropped);
    zpl_buf_add(out, zpl_buf_str(&log->head), log->head.len);
    if (dropped > 0)
        zpl_buf_printf(out, "\n… %llu bytes left out …\n", (unsigned long long)dropped);
    zpl_buf_add(out, tail, len);
}

/* Where the last `*lines` lines of text[0..end) begin; *lines tells how many are still wanted. */
static size_t last_lines(const char *text, size_t end, unsigned *lines)
{
    size_t from = end;
    while (from > 0 && *lines > 0) {
        if (text[from - 1] == '\n' && --*lines == 0)
            break;
        from--;
    }
    return from;
}

/* The tail may begin inside a line, or hold less than was asked for: the head then goes before it,
 * unless there is a gap between them. */
void zpl_log_last(const struct zpl_log *log, unsigned lines, struct zpl_buf *out)
{
    const char *head = zpl_buf_str(&log->head);
    size_t head_end = log->head.len;
    size_t end;
    uint64_t dropped;
    const char *tail = shown_tail(log, &end, &dropped);
    while (end > 0 && tail[end - 1] == '\n')
        end--;
    if (end == 0)
        while (head_end > 0 && head[head_end - 1] == '\n')
            head_end--;
    size_t from = last_lines(tail, end, &lines);
    size_t head_from = head_end;
    if (dropped == 0 || log->tail.len == 0)
        head_from = last_lines(head, head_end, &lines);
    zpl_buf_add(out, head + head_from, head_end - head_from);
    zpl_buf_add(out, tail + from, end - from);
}

/* Is it the first byte of a character? */
static bool begins(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static void show_line(const char *line, size_t len, struct zpl_buf *out)
{
    while (len > 0 && line[len - 1] == '\r')
        len--;
    const char *last = memrchr(line, '\r', len);
    if (last != NULL) {
        len -= (size_t)(last + 1 - line);
        line = last + 1;
    }
    struct zpl_buf text = {0};
    zpl_text_scrub(&text, line, len);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\t')
            text.data[i] = '?'; /* a NUL would end the message */
    size_t head = text.len, tail = text.len;
    if (text.len > ZPL_LOG_LINE_BYTES) {
        head = ZPL_LOG_LINE_BYTES / 2;
        tail = text.len - ZPL_LOG_LINE_BYTES / 2;
        while (head > 0 && !begins(text.data[head]))
            head--;
        while (tail < text.len && !begins(text.data[tail]))
            tail++;
    }
    zpl_buf_add(out, zpl_buf_str(&text), head);
    zpl_buf_puts(out, tail < text.len ? " … " : "");
    zpl_buf_add(out, zpl_buf_str(&text) + tail, text.len - tail);
    zpl_buf_release(&text);
}

void zpl_log_shown(const struct zpl_log *log, unsigned lines, struct zpl_buf *out)
{
    struct zpl_buf raw = {0};
    zpl_log_last(log, lines, &raw);
    const char *text = zpl_buf_str(&raw), *end = text + raw.len;
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        show_line(line, (size_t)((stop != NULL ? stop : end) - line), out);
        if (stop != NULL)
            zpl_buf_putc(out, '\n');
        line = stop != NULL ? stop + 1 : end;
    }
    zpl_buf_release(&raw);
}

void zpl_log_release(struct zpl_log *log)
{
    zpl_buf_release(&log->head);
    zpl_buf_release(&log->tail);
    log->dropped = 0;
}
