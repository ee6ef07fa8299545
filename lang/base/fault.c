#include "lang/base/fault.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const KIND_NAMES[ZPL_FAULT_KINDS] = {
    "alloc", "open", "read", "write", "fsync", "rename", "fork", "connect", "sqlite"};

static const struct {
    const char *name;
    int error;
} ERRORS[] = {{"EIO", EIO},     {"ENOSPC", ENOSPC}, {"EACCES", EACCES}, {"EINTR", EINTR},
              {"EROFS", EROFS}, {"EMFILE", EMFILE}, {"EBUSY", EBUSY}};

/* Programmed before threads start, consumed by any of them: only `left` is contended. */
static atomic_bool armed;
static atomic_bool fired_here;
static atomic_bool *fired = &fired_here; /* or in memory that processes share */
static atomic_long left;
static enum zpl_fault_kind armed_kind;
static int armed_error;

/* The length of the field up to the next colon or the end. */
static size_t field_length(const char *s)
{
    return strcspn(s, ":");
}

static bool field_is(const char *s, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(s, name, n) == 0;
}

void zpl_fault_init(void)
{
    const char *s = getenv("ZPL_FAULT");
    if (!s)
        return;
    size_t n = field_length(s);
    int kind = 0;
    while (kind < ZPL_FAULT_KINDS && !field_is(s, n, KIND_NAMES[kind]))
        kind++;
    if (kind == ZPL_FAULT_KINDS || s[n] != ':')
        return;
    s += n + 1;
    char *end = NULL;
    errno = 0;
    long count = strtol(s, &end, 10);
    if (end == s || errno != 0 || count < 0 || (*end != '\0' && *end != ':'))
        return;
    int error = EIO;
    if (*end == ':') {
        size_t i = 0, known = sizeof ERRORS / sizeof *ERRORS;
        while (i < known && strcmp(end + 1, ERRORS[i].name) != 0)
            i++;
        if (i == known)
            return;
        error = ERRORS[i].error;
    }
    void *shared =
        mmap(NULL, sizeof *fired, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED)
        fired = shared;
    zpl_fault_arm((enum zpl_fault_kind)kind, count, error);
}

void zpl_fault_tell(void)
{
    const char *path = getenv("ZPL_FAULT_FIRED");
    if (path == NULL || !zpl_fault_fired())
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

void zpl_fault_arm(enum zpl_fault_kind kind, long n, int error)
{
    armed_kind = kind;
    armed_error = error;
    atomic_store(&left, n);
    atomic_store(fired, false);
    atomic_store(&armed, true);
}

void zpl_fault_disarm(void)
{
    atomic_store(&armed, false);
}

bool zpl_fault_fired(void)
{
    return atomic_load(fired);
}

/* The rare half of zpl_fault: a fault is armed; is it this call? */
static bool fault_due(enum zpl_fault_kind kind)
{
    if (kind != armed_kind || atomic_fetch_sub(&left, 1) != 0)
        return false;
    atomic_store(&armed, false);
    atomic_store(fired, true);
    errno = armed_error;
    return true;
}

bool zpl_fault(enum zpl_fault_kind kind)
{
    if (__builtin_expect(!atomic_load_explicit(&armed, memory_order_acquire), 1))
        return false;
    return fault_due(kind);
}

/* True if this allocation has to fail; a failed one always says ENOMEM. */
static bool alloc_fault(void)
{
    if (!zpl_fault(ZPL_FAULT_ALLOC))
        return false;
    errno = ENOMEM;
    return true;
}

void *zpl_malloc(size_t size)
{
    return alloc_fault() ? NULL : malloc(size ? size : 1);
}

void *zpl_calloc(size_t count, size_t size)
{
    return alloc_fault() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *zpl_realloc(void *p, size_t size)
{
    return alloc_fault() ? NULL : realloc(p, size ? size : 1);
}

char *zpl_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = zpl_malloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}
