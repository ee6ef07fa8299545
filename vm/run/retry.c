/* retry.c - the rules for another attempt.   Floor: vm. */
#include "vm/run/retry.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/limits.h"
#include "vm/plan/python_step.h"

#define FIRST_NS    INT64_C(500000000)
#define DOUBLED_MAX 8 /* times */
#define SHARES      1024
#define LAST_LINES  8 /* of a log */

/* From 0.5 to 1.5 of a time, by the bytes of the key and the attempt. */
static int64_t spread(int64_t ns, const struct zpl_digest *key, uint32_t number)
{
    uint32_t mixed = number * 2654435761u; /* Knuth's multiplicative hash */
    for (size_t i = 0; i < 4; i++)
        mixed ^= (uint32_t)key->b[i] << (8 * i);
    return ns / 2 + ns / SHARES * (int64_t)(mixed % SHARES);
}

struct zpl_retry zpl_retry_decide(const struct zpl_attempt *a)
{
    uint32_t doubled = a->number > 0 ? a->number - 1 : 0;
    uint64_t most = a->memory_bytes_max;
    bool grows = a->out_of_memory && a->memory_bytes > 0;
    struct zpl_retry retry = {.again = a->number <= a->retries, .memory_bytes = a->memory_bytes};
    if (grows && most > 0 && a->memory_bytes >= most)
        retry.again = false;
    if (!retry.again)
        return retry;
    if (grows)
        retry.memory_bytes = most > 0 && a->memory_bytes > most / 2 ? most : 2 * a->memory_bytes;
    retry.after_ns =
        spread(FIRST_NS << (doubled < DOUBLED_MAX ? doubled : DOUBLED_MAX), a->key, a->number);
    return retry;
}

/* Do its last words say that memory ran out?  As Python, C++, C, Java and Julia say it. */
static bool printed_so(const struct zpl_log *log)
{
    static const char *const words[] = {"MemoryError", "bad_alloc", "annot allocate memory",
                                        "OutOfMemory", "ut of memory"};
    struct zpl_buf last = {0};
    bool found = false;
    if (log != NULL)
        zpl_log_last(log, LAST_LINES, &last);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found = found || strstr(zpl_buf_str(&last), words[i]) != NULL;
    zpl_buf_release(&last);
    return found;
}

/* Did it run out of memory, as far as can be told?  The limit that a worker itself tells of is that of one of
 * several processes. */
static bool ran_out(const struct zpl_failure *failure, uint64_t memory_bytes)
{
    const struct zpl_diags *details = failure->details;
    for (size_t i = 0; details != NULL && i < details->count; i++)
        if (details->items[i]->code == ZPL_CODE_NO_MEMORY ||
            details->items[i]->code == ZPL_CODE_STEP_LIMIT)
            return true;
    return failure->out_of_memory || printed_so(failure->log) ||
           (memory_bytes > 0 && failure->peak_bytes > memory_bytes - memory_bytes / 8);
}

void zpl_failure_of_event(const struct zpl_event *event, struct zpl_failure *out)
{
    const char *words = "it was";
    *out = (struct zpl_failure){.code = ZPL_CODE_STEP_LIMIT, .peak_bytes = event->peak_bytes};
    out->reason = out->text;
    out->out_of_memory = event->kind == ZPL_EVENT_MEMORY;
    out->lost = event->kind == ZPL_EVENT_LOST;
    if (event->kind == ZPL_EVENT_DIED) {
        out->code = ZPL_CODE_STEP_CRASHED;
        words = "its process ended with";
    } else if (event->kind == ZPL_EVENT_REFUSED || out->lost) {
        out->code = ZPL_CODE_STEP_LOST;
        words = out->lost ? "it was lost:" : "it was not begun:";
    }
    snprintf(out->text, sizeof out->text, "%s %s", words, event->reason);
}

bool zpl_retry(struct zpl_plan *plan, uint32_t id, const struct zpl_failure *failure,
               uint64_t memory_bytes_max, int64_t *after_ns)
{
    struct zpl_step_plan *step = &plan->steps[id];
    const struct zpl_diags *details = failure->details;
    if (failure->lost && step->lost < ZPL_LOST_MAX)
        step->lost++;
    struct zpl_retry retry = zpl_retry_decide(&(struct zpl_attempt){
        .key = &step->key,
        .number = step->attempts,
        .retries = plan->graph->nodes[id].retries + step->lost,
        .memory_bytes = step->memory_bytes,
        .memory_bytes_max = memory_bytes_max / zpl_node_workers(&plan->graph->nodes[id]),
        .out_of_memory = ran_out(failure, step->memory_bytes)});
    if (!retry.again)
        return false;
    bool more = retry.memory_bytes > step->memory_bytes;
    const char *memory = more ? zpl_arena_printf(&plan->arena, " with %llu MiB of memory",
                                                 (unsigned long long)(retry.memory_bytes >> 20))
                              : "";
    step->earlier = zpl_arena_printf(
        &plan->arena, "%sattempt %u failed: %s\n(the next one%s after %.1f s)\n",
        step->earlier != NULL ? step->earlier : "", step->attempts,
        details != NULL && details->count > 0 ? details->items[0]->message : failure->reason,
        memory != NULL ? memory : "", (double)retry.after_ns / 1e9);
    step->memory_bytes = retry.memory_bytes;
    step->status = ZPL_PLAN_WOULD_RUN;
    *after_ns = retry.after_ns;
    return true;
}
