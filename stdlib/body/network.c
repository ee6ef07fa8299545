/* network.c - the filter of system calls that refuses sockets.   Floor: stdlib. */
#include "stdlib/body/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define PROCESSOR AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000u /* set in the numbers of x32, which shares the processor's name */
#elif defined(__aarch64__)
#define PROCESSOR AUDIT_ARCH_AARCH64
#define OTHER_ABI UINT32_MAX
#endif

#define FAILS_WITH(error) (SECCOMP_RET_ERRNO | ((error)&SECCOMP_RET_DATA))

#ifdef PROCESSOR

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* When the loaded number is, or is not, `value`: skips so many instructions. */
#define WHEN(value, is, is_not) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (is), (is_not))
#define FROM(value, is, is_not) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (is), (is_not))
#define END(action)             BPF_STMT(BPF_RET | BPF_K, (action))

/* Installs it for the calling thread; the result of seccomp(2). */
static int install(enum zpl_network network, unsigned flags, uint32_t refusal)
{
    bool inner = network == ZPL_NETWORK_OWN;
    struct sock_filter code[] = {
        LOAD(arch),
        WHEN(PROCESSOR, 1, 0),
        END(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        FROM(OTHER_ABI, 7, 0),
        WHEN(SYS_io_uring_setup, 6, 0),
        WHEN(SYS_socket, 0, 7),
        LOAD(args[0]), /* the low half: both processors are little-endian */
        WHEN(AF_UNIX, 5, 0),
        WHEN(AF_NETLINK, 4, 0),
        WHEN(inner ? AF_INET : AF_UNIX, 3, 0),
        WHEN(inner ? AF_INET6 : AF_UNIX, 2, 1),
        END(FAILS_WITH(ENOSYS)),
        END(refusal),
        END(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

bool zpl_network_deniable(void)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool zpl_network_refuse(int listener)
{
    union { /* the kernel's own may be longer than ours */
        struct seccomp_notif asked;
        char room[512];
    } in;
    union {
        struct seccomp_notif_resp answer;
        char room[512];
    } out;
    memset(&in, 0, sizeof in);
    memset(&out, 0, sizeof out);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
        return false;
    out.answer.id = in.asked.id;
    out.answer.error = -EACCES;
    (void)!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out); /* who asked may be gone */
    return true;
}

#else /* a processor whose numbers are not known here */

static int install(enum zpl_network network, unsigned flags, uint32_t refusal)
{
    (void)network;
    (void)flags;
    (void)refusal;
    errno = ENOSYS;
    return -1;
}

bool zpl_network_deniable(void)
{
    return false;
}

bool zpl_network_refuse(int listener)
{
    (void)listener;
    return false;
}

#endif

/* Is it that this machine can't, rather than that it failed? */
static bool is_unknown(int error)
{
    return error == ENOSYS || error == EINVAL;
}

int zpl_network_deny_told(enum zpl_network network, int *error)
{
    *error = 0;
    if (network == ZPL_NETWORK_ALL)
        return -1;
    int listener = install(network, SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
    /* EBUSY: another listens already, to all of this machine; EINVAL: the kernel is too old to ask */
    if (listener < 0 && install(network, 0, FAILS_WITH(EACCES)) < 0 && !is_unknown(errno))
        *error = errno;
    return listener;
}

enum zpl_err zpl_network_deny(struct zpl_diags *diags)
{
    static bool done;
    if (!done && install(ZPL_NETWORK_NONE, SECCOMP_FILTER_FLAG_TSYNC, FAILS_WITH(EACCES)) != 0 &&
        !is_unknown(errno))
        return zpl_diag_system(diags, "refuse the network to", "a worker", errno);
    done = true;
    return ZPL_OK;
}

/* ---- one of its own ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return written;
}

/* One who may not make a network may do so among users of his own, where he is who he was. */
static bool unshare_as_user(uid_t user, gid_t group)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/gid_map", groups);
}

/* The loopback is there, and down. */
static bool raise_loopback(void)
{
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

enum zpl_err zpl_network_own(struct zpl_diags *diags)
{
    if ((unshare(CLONE_NEWNET) == 0 || unshare_as_user(geteuid(), getegid())) && raise_loopback())
        return ZPL_OK;
    struct zpl_diag *diag = zpl_diag_add(
        diags, ZPL_CODE_STEP_FAILED, (struct zpl_span){0},
        "its workers need a network among themselves, which this machine does not let zpl make: %s",
        strerror(errno));
    zpl_diag_help(
        diags, diag,
        "let users make namespaces (user.max_net_namespaces, "
        "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns), "
        "or declare `network = true` in the step");
    return ZPL_ERR_STEP;
}
