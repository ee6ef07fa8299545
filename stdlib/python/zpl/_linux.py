"""What Linux is asked that Python has no words for; of a process with its threads."""
from __future__ import annotations

import ctypes
import os
import signal

_PDEATHSIG, _SUBREAPER, _RESTRICT_SELF = 1, 36, 446  # of Linux, on every processor
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """This process is killed when its parent ends."""
    _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """What its children leave behind are children of this process."""
    _libc.prctl(_SUBREAPER, 1, 0, 0, 0)


def confine(fence: int) -> None:
    """Holds this process to a ruleset of Landlock, and closes it.  Raises OSError."""
    if _libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_long(fence), ctypes.c_long(0)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    os.close(fence)
