"""Messages between zpl and a process of Python: a length of 4 bytes, little-endian, then JSON in UTF-8."""
from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # typing costs as much as the rest of a small step
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

VERSION = 3  # of what the messages say; ZPL_PYTHON_VERSION in lang/base/version.h
LIMIT = 64 << 20  # bytes of one message
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # json.dumps would make one each time


def python_version() -> str:
    """As keys have it: "3.11.2", "3.15.0a1"."""
    info = sys.version_info
    stage = "" if info.releaselevel == "final" else "%s%d" % (info.releaselevel[:1], info.serial)
    return "%d.%d.%d%s" % (info.major, info.minor, info.micro, stage)


def too_old() -> str:
    """Words for a Python that is older than the package; "" for others."""
    if sys.version_info >= (3, 9):
        return ""
    return "this is Python %s, and steps need 3.9 or later" % python_version()


class Talk:
    """The two ends' way to each other over one descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        os.set_inheritable(fd, False)  # what a step starts has nothing to say to us

    def _read(self, count: int) -> bytes:
        parts = []
        while count > 0:
            part = os.read(self.fd, min(count, 1 << 20))
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def receive(self) -> Optional[Dict[str, Any]]:
        """The next message; None when the other side has closed.

        Raises ValueError for bytes that are no message.
        """
        head = self._read(4)
        if not head:
            return None
        size = int.from_bytes(head, "little")
        body = self._read(size) if len(head) == 4 and size <= LIMIT else b""
        if len(body) != size:
            raise ValueError("a message that was cut off or is too long")
        message = json.loads(body)
        if not isinstance(message, dict):
            raise ValueError("a message that is no object")
        return message

    def send(self, message: Dict[str, Any]) -> None:
        """Sends one message whole.  Raises ValueError when it is too long, OSError when nobody hears."""
        # What is no text (a name from bytes of another encoding) is told as well as it can be.
        body = _encode(message).encode("utf-8", "replace")
        if len(body) > LIMIT:
            raise ValueError("a message of %d bytes, and the limit is %d" % (len(body), LIMIT))
        data = memoryview(len(body).to_bytes(4, "little") + body)
        while data:
            data = data[os.write(self.fd, data) :]
