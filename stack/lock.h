/* lock.h - locks on single bytes of a file, held by an open file description.
 * Promise: the kernel frees them when the last process that holds the description ends, however it
 * ends; unlike POSIX locks they are not lost when the file is closed elsewhere in the process.
 * The file's contents do not matter, and the bytes need not be there.
 * Owns: nothing.   Errors: by return value and errno.   Floor: stack. */
#ifndef ZPL_STACK_LOCK_H
#define ZPL_STACK_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/base/err.h"

/* Opens (and makes) a lock file; -1 and errno. */
int zpl_lock_open(const char *path);
/* Takes the byte for writing.  ZPL_ERR_BUSY when another holds it and `wait` is false,
 * ZPL_ERR_INTERRUPTED when a signal ended the wait, ZPL_ERR_IO.  What the same description holds
 * already is taken again. */
enum zpl_err zpl_lock_take(int fd, uint64_t byte, bool wait);
/* Takes the byte for reading, beside others that do, or makes a writer's lock one: as above, without waiting. */
enum zpl_err zpl_lock_share(int fd, uint64_t byte);
void zpl_lock_give(int fd, uint64_t byte);
/* Does another description hold it?  `fd` may be open for reading only. */
bool zpl_lock_is_held(int fd, uint64_t byte);
/* Does another description hold any of `count` bytes from `first`?  *after is the byte behind one that it
 * holds. */
bool zpl_lock_find(int fd, uint64_t first, uint64_t count, uint64_t *after);

#endif
