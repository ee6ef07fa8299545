/* network.c - the filter of system calls that refuses sockets.   Floor: stdlib. */
#include "stdlib/body/network.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
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
static int install(unsigned flags, uint32_t refusal)
{
    struct sock_filter code[] = {
        LOAD(arch),
        WHEN(PROCESSOR, 1, 0),
        END(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        FROM(OTHER_ABI, 5, 0),
        WHEN(SYS_io_uring_setup, 4, 0),
        WHEN(SYS_socket, 0, 5),
        LOAD(args[0]), /* the low half: both processors are little-endian */
        WHEN(AF_UNIX, 3, 0),
        WHEN(AF_NETLINK, 2, 1),
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

static int install(unsigned flags, uint32_t refusal)
{
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

int zpl_network_deny_told(int *error)
{
    *error = 0;
    int listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
    /* EBUSY: another listens already, to all of this machine; EINVAL: the kernel is too old to ask */
    if (listener < 0 && install(0, FAILS_WITH(EACCES)) < 0 && !is_unknown(errno))
        *error = errno;
    return listener;
}

enum zpl_err zpl_network_deny(struct zpl_diags *diags)
{
    static bool done;
    if (!done && install(SECCOMP_FILTER_FLAG_TSYNC, FAILS_WITH(EACCES)) != 0 && !is_unknown(errno))
        return zpl_diag_system(diags, "refuse the network to", "a worker", errno);
    done = true;
    return ZPL_OK;
}
