"""What a step may ask for while it runs, and tell."""
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Optional
    from pathlib import Path

    from zpl._frames import Talk


class Context:
    """The step at hand.  Outside of a step it is there too: what is told goes to the standard error."""

    def __init__(
        self, talk: Optional["Talk"], scratch: str, threads: int, rank: int = 0, world_size: int = 1
    ) -> None:
        self._talk = talk
        self._scratch = scratch
        #: Threads that the step may use.
        self.threads = threads
        #: Which of the step's workers this is, from 0, and how many there are (`resources = { workers = 2 }`).
        self.rank = rank
        self.world_size = world_size

    @property
    def is_told(self) -> bool:
        """Is there a zpl that is told?"""
        return self._talk is not None

    def _send(self, message: dict, words: str) -> None:
        if self._talk is None:
            print(words, file=sys.stderr)
            return
        sys.stdout.flush()  # the log has what was printed before it before it
        self._talk.send(message)

    def log(self, text: object) -> None:
        """A line for the step's log."""
        self._send({"log": str(text)}, str(text))

    def progress(self, fraction: float, what: str = "") -> None:
        """How far it is, from 0 to 1, and with what."""
        fraction = min(max(float(fraction), 0.0), 1.0)
        self._send({"progress": fraction, "what": str(what)}, "%3.0f %% %s" % (100 * fraction, what))

    def metric(self, name: str, value: float, step: Optional[int] = None) -> None:
        """A number that is followed while it runs, such as the loss of an epoch."""
        number = float(value)
        shown = number if number - number == 0 else str(number)  # JSON has no inf and nan
        at = "" if step is None else " (%d)" % step
        self._send({"metric": [str(name), shown, step]}, "%s = %g%s" % (name, number, at))

    @property
    def scratch(self) -> "Path":
        """An empty folder of the step's own; it is gone when the step has ended."""
        from pathlib import Path

        if not self._scratch:
            import tempfile

            self._scratch = tempfile.mkdtemp(prefix="zpl-")
        return Path(self._scratch)

    def cancelled(self) -> bool:
        """Does nobody wait for the step any more?"""
        if self._talk is None:
            return False
        import select

        poll = select.poll()
        poll.register(self._talk.fd, select.POLLRDHUP)
        return bool(poll.poll(0))


_current: Optional[Context] = None


def context() -> Context:
    """The context of the step that runs."""
    global _current
    if _current is None:
        _current = Context(None, "", os.cpu_count() or 1)
    return _current


def enter(current: Context) -> None:
    global _current
    _current = current


def is_step() -> bool:
    """Does zpl run this process as a step?"""
    return _current is not None and _current.is_told
