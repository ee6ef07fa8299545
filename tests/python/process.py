"""process.py - for the tests of the Python side: starts it as zpl does, and talks to it."""
import json
import os
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, "stdlib", "python")
sys.path.insert(0, PACKAGE)

from zpl._frames import VERSION, Talk  # noqa: E402


class Process:
    """`look` or `call` in a process of its own."""

    def __init__(self, mode, python=sys.executable, variables=None):
        ours, theirs = socket.socketpair()
        environment = dict(os.environ, ZPL_TALK=str(theirs.fileno()), PYTHONHASHSEED="0", OMP_NUM_THREADS="1", **(variables or {}))
        environment.pop("PYTHONPATH", None)
        main = os.path.join(PACKAGE, "zpl", "__main__.py")
        self.child = subprocess.Popen(
            [python, "-B", "-X", "utf8", main, mode],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        theirs.close()
        self.talk = Talk(ours.detach())

    def ask(self, question):
        self.talk.send(question)
        return self.talk.receive()

    def hang_up(self):
        """Says that nothing more comes; it is still heard."""
        with socket.socket(fileno=os.dup(self.talk.fd)) as ours:
            ours.shutdown(socket.SHUT_WR)

    def close(self):
        os.close(self.talk.fd)
        self.printed = self.child.stdout.read().decode("utf-8", "replace")
        self.child.stdout.close()
        return self.child.wait()


def pythons():
    """Interpreters of this machine, the oldest first: one of each version, with the one that runs the tests."""
    found = {}
    home = os.path.expanduser("~root") if os.geteuid() == 0 else os.path.expanduser("~")
    versions = os.path.join(os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv")), "versions")
    names = os.listdir(versions) if os.path.isdir(versions) else []
    for name in names:
        parts = name.split(".")
        path = os.path.join(versions, name, "bin", "python3")
        if len(parts) == 3 and all(p.isdigit() for p in parts) and (3, 9) <= (int(parts[0]), int(parts[1])):
            if os.access(path, os.X_OK):
                found[(int(parts[0]), int(parts[1]))] = path
    found[sys.version_info[:2]] = sys.executable
    return [found[v] for v in sorted(found)]


class Project:
    """A folder with files, and calls of functions in them."""

    def __init__(self, **files):
        self.folder = tempfile.TemporaryDirectory(prefix="zpl-python-")
        self.path = self.folder.name
        self.values = {}
        os.mkdir(self.at("scratch"))
        for name, text in files.items():
            self.write(name.replace("__", "/") + ".py", text)

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w", encoding="utf-8") as f:
            f.write(text)

    def frame(self, function, args, outputs, file="s.py", **more):
        """What asks for a call."""
        frame = {
            "v": VERSION,
            "file": file,
            "function": function,
            "project": self.path,
            "scratch": self.at("scratch"),
            "modules": None,
            "packages": None,
            "python": None,
            "threads": 1,
            "args": args,
            "outputs": [{"name": n, "type": t, "path": self.at(n + ".out")} for n, t in outputs],
        }
        frame.update(more)
        return frame

    def call(self, function, args, outputs, file="s.py", interpreter=sys.executable, **more):
        """The last frame, those before it, and what was printed."""
        process = Process("call", interpreter)
        process.talk.send(self.frame(function, args, outputs, file, **more))
        heard = []
        while True:
            message = process.talk.receive()
            if message is None:
                break
            heard.append(message)
        code = process.close()
        end = heard[-1] if heard else {"ended": code}
        self.values = end.get("values", {})
        return end, heard[:-1], process.printed

    def read(self, name):
        """An output of the last call."""
        if name in self.values:
            return json.dumps(self.values[name], separators=(",", ":")).encode()
        with open(self.at(name + ".out"), "rb") as f:
            return f.read()

    def close(self):
        self.folder.cleanup()
