#include "stack/orchestrator/tree.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "lang/base/fs.h"
#include "lang/base/proc_below.h"

#define ROUND_NS 2000000 /* between two rounds of killing, unless a child ends before */

bool zpl_tree_reap(zpl_tree_reaped reaped, void *self)
{
    for (;;) {
        int status = 0;
        struct rusage usage;
        pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid == 0)
            return true;
        if (pid < 0)
            return errno != ECHILD;
        if (reaped)
            reaped(self, pid, status, (uint64_t)usage.ru_maxrss * 1024);
    }
}

bool zpl_tree_kill(int limit_ms, zpl_tree_reaped reaped, void *self)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int64_t give_up = zpl_clock_monotonic_ns() + (int64_t)limit_ms * ZPL_NS_PER_MS;
    while (zpl_tree_reap(reaped, self)) {
        pid_t pids[256]; /* more come in the next rounds */
        size_t count = zpl_proc_children(0, pids, sizeof pids / sizeof *pids);
        for (size_t i = 0; i < count; i++)
            kill(pids[i], SIGKILL);
        if (zpl_clock_monotonic_ns() > give_up)
            return false;
        sigtimedwait(&child, NULL, &(struct timespec){.tv_nsec = ROUND_NS});
    }
    return true;
}
