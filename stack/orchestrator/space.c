#include "stack/orchestrator/space.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/err.h"
#include "lang/base/proc.h"

#define EXIT_BLIND 126 /* nobody sees it but probe() */

static enum { UNKNOWN, REFUSED, ALLOWED } right;
static int outer = -1;    /* the zygote's own space */
static int children = -1; /* in a supervisor: the list of its children as seen outside */

/* Gives this process a /proc that shows its own space, for itself and what it starts.  What it is mounted
 * on is made a slave first, so that nobody else sees it; not "/", which in a chroot is no mount. */
static bool see_own_space(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/proc", NULL, MS_SLAVE, NULL) == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* fork() into a new space; the parent stays where it is.  -1 and errno. */
static pid_t fork_into_space(void)
{
    if (unshare(CLONE_NEWPID) < 0)
        return -1;
    pid_t pid = fork();
    int error = errno;
    if (pid == 0) {
        children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        if (!see_own_space())
            _exit(EXIT_BLIND);
        return 0;
    }
    if (setns(outer, CLONE_NEWPID) < 0)
        ZPL_BUG("a process can't go on in its own space");
    errno = error;
    return pid;
}

/* Tries it once, with a child that does nothing. */
static bool probe(void)
{
    int status = -1;
    char program[ZPL_PATH_MAX];
    (void)zpl_proc_self_path(
        program); /* kept: in a chroot the mounts of a space give it another path */
    outer = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (outer < 0 || setns(outer, CLONE_NEWPID) < 0)
        return false;
    pid_t pid = fork_into_space();
    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

void zpl_space_look(void)
{
    if (right == UNKNOWN)
        right = probe() ? ALLOWED : REFUSED;
}

pid_t zpl_space_fork(void)
{
    zpl_space_look();
    pid_t pid = right == ALLOWED ? fork_into_space() : -1;
    return pid < 0 ? fork() : pid;
}

pid_t zpl_space_number(pid_t child)
{
    char text[32] = {0};
    if (children < 0)
        return child;
    ssize_t n = pread(children, text, sizeof text - 1, 0);
    close(children);
    children = -1;
    long number = n > 0 ? strtol(text, NULL, 10) : 0;
    return number > 0 ? (pid_t)number : child;
}
