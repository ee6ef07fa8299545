"""Changes one byte of a store, or cuts one of its files off, and then asks for what is in it: each command
gives what it gives of the undisturbed store, or fails with words that name what is wrong; none crashes,
none hangs.  What a step reads is never the wrong bytes, `doctor` finds every damaged artifact, and what it
repairs leads back to the same digests.
usage: flip_any.py ZPL COUNT SEED      in a folder with flip.zpl; COUNT "all": every byte"""
import json, os, random, re, shutil, signal, subprocess, sys, tempfile, threading

ZPL, COUNT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
SECONDS = 10
PROGRAM = open("flip.zpl").read()
READERS = [["show", "1", "--json"], ["show", "1/last", "--json"], ["show", "1/copy/f", "--json"], ["show", "1/list", "--json"],
           ["lineage", "1/last/s", "--json"], ["runs", "--json"], ["logs", "1/last"], ["plan", "flip.zpl", "--json"]]
RUN, AGAIN, OTHER = (["run", "flip.zpl", "--json"], ["run", "flip.zpl", "--last", "1", "--json"],
                     ["run", "flip.zpl", "--last", "2", "--json"])
WRITERS = [RUN, AGAIN, OTHER]
DOCTOR, REPAIR = ["doctor", "--json"], ["doctor", "--repair", "--json"]
lock = threading.Lock()
counts = {"flips": 0, "cuts": 0, "commands": 0, "told": 0, "the same": 0, "mended": 0}
failures = []


def digests(text):
    return [[s["name"], n, o.get("digest"), o.get("value")] for s in json.loads(text)["steps"]
            for n, o in sorted(s["outputs"].items())]


class Project:
    """A folder with a store, and what the commands say of it."""

    def __init__(self, base, number, wal):
        self.wal = wal
        self.folder = os.path.join(base, str(number))
        os.mkdir(self.folder)
        open(os.path.join(self.folder, "flip.zpl"), "w").write(PROGRAM)
        for command in ([RUN, RUN] if not wal else [RUN]):
            code, out, err = self.zpl(command)
            if code != 0:
                sys.exit("an undisturbed run ended with %d: %s" % (code, err))
        if wal:
            self.leave_a_log()
        self.files = {}
        for folder, _, names in os.walk(os.path.join(self.folder, ".zpl")):
            for name in names:
                path = os.path.join(folder, name)
                if not name.endswith("-shm"):
                    self.files[os.path.relpath(path, self.folder)] = open(path, "rb").read()
        self.reference = {}
        for command in READERS + [DOCTOR] + WRITERS:
            self.restore()
            code, out, err = self.zpl(command)
            if code != 0:
                sys.exit("undisturbed, %s ended with %d: %s" % (command, code, err))
            self.reference[str(command)] = self.said(command, out)

    def leave_a_log(self):
        """A run while another reads: its changes stay in the log, as a killed one's do."""
        import sqlite3
        other = sqlite3.connect(os.path.join(self.folder, ".zpl/zpl.db"))
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM runs").fetchall()
        self.zpl(AGAIN)
        copy = os.path.join(self.folder, "copy")
        shutil.copytree(os.path.join(self.folder, ".zpl"), copy)
        other.close()
        shutil.rmtree(os.path.join(self.folder, ".zpl"))
        os.rename(copy, os.path.join(self.folder, ".zpl"))

    def zpl(self, command):
        try:
            ran = subprocess.run([ZPL] + command, cwd=self.folder, capture_output=True, text=True, errors="replace",
                                 stdin=subprocess.DEVNULL, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "a hang", "", ""
        return ran.returncode, ran.stdout, ran.stderr

    def said(self, command, out):
        try:
            if command in WRITERS:
                return digests(out)
            if command[0] == "doctor":
                told = json.loads(out)
                return [told["problems"], told["artifacts"], told["sound"], told["runs"]]
        except (ValueError, KeyError):
            return "no JSON: " + out
        return "a plan" if command[0] == "plan" else out

    def restore(self, name=None, data=None):
        shutil.rmtree(os.path.join(self.folder, ".zpl"), ignore_errors=True)
        os.makedirs(os.path.join(self.folder, ".zpl/scratch"))
        for path, kept in self.files.items():
            path_here = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(path_here), exist_ok=True)
            with open(path_here, "wb") as out:
                out.write(data if path == name else kept)


def judge(project, command, where, is_log):
    """Runs a command on what is damaged; True: it went as if nothing were."""
    code, out, err = project.zpl(command)
    same = code == 0 and project.said(command, out) == project.reference[str(command)]
    why = None
    if code not in (0, 1, 2, 3, 4):
        why = "ended with %s" % code
    elif code == 0 and not same and not (is_log and command not in WRITERS):
        why = "said something else, and that all is well: %s" % out[:300]
    elif code != 0 and command[0] != "doctor" and not is_log:
        if "error[E" not in err or not re.search(r"zpl\.db|\.zpl|run 1\b", err):
            why = "failed without saying of what"
        elif "= help:" not in err:
            why = "failed without saying what to do"
    elif code != 0 and command[0] == "doctor" and "zpl.db" not in out + err and "artifact" not in out:
        why = "found something, and does not say where"
    with lock:
        counts["commands"] += 1
        counts["the same" if same else "told"] += 1
        if why:
            failures.append("%s: zpl %s %s\n%s" % (where, " ".join(command), why, err[-1500:]))
    return same


def look(project, name, data, where, chance, everything):
    is_object = "/objects/" in name
    is_log = name.endswith("-wal") # what it held may be lost, as after a power loss
    project.restore(name, data)
    for command in READERS if everything else chance.sample(READERS, 1):
        judge(project, command, where, is_log)
    if is_object or everything or chance.random() < 0.5:
        sound = judge(project, DOCTOR, where, is_log)
        if is_object and sound:
            failures.append("%s: doctor found nothing" % where)
        if not sound and chance.random() < (1 if everything else 0.3):
            if project.zpl(REPAIR)[0] == 0:
                code, out, err = project.zpl(AGAIN)
                if code != 0 or project.said(AGAIN, out) != project.reference[str(AGAIN)]:
                    failures.append("%s: what is repaired gives %s, %s%s" % (where, code, out[:500], err[:500]))
                code, out, err = project.zpl(DOCTOR)
                if code != 0:
                    failures.append("%s: doctor is not content with what it repaired: %s%s" % (where, out, err))
                with lock:
                    counts["mended"] += 1
            project.restore(name, data)
    # what steps read costs processes, so it is tried where it matters
    for command in WRITERS if everything or is_object else chance.choices(WRITERS, weights=[5, 4, 1]):
        judge(project, command, where, is_log)
        if everything or is_object:
            project.restore(name, data)


def cases(project, chance):
    """(file, its bytes, where) without end, or of every byte."""
    if COUNT == "all":
        for name, data in sorted(project.files.items()):
            if project.wal and not name.endswith("-wal"):
                continue # the others have it
            for at in range(len(data)):
                yield flip(project, name, at, 1 << chance.randrange(8))
            for size in range(0, len(data), 1 if len(data) < 4096 else 509):
                yield cut(project, name, size)
        return
    names = sorted(n for n, data in project.files.items() if data)
    database = [n for n in names if "zpl.db" in n]
    objects = [n for n in names if "/objects/" in n]
    while True:
        kind = chance.random()
        name = chance.choice(database if kind < 0.85 else objects if kind < 0.97 else names)
        data = project.files[name]
        if chance.random() < 0.1:
            yield cut(project, name, chance.randrange(len(data)))
            continue
        at = chance.randrange(len(data))
        if name in database and chance.random() < 0.4: # the file's and the pages' headers, lists of cells
            at = chance.choice([chance.randrange(min(100, len(data))), at // 4096 * 4096 + chance.randrange(24)])
        yield flip(project, name, min(at, len(data) - 1), chance.choice([1 << chance.randrange(8), 0xff]))


def flip(project, name, at, bits):
    data = bytearray(project.files[name])
    data[at] ^= bits
    counts["flips"] += 1
    return name, bytes(data), "byte %d of %s ^ %d" % (at, name, bits)


def cut(project, name, size):
    counts["cuts"] += 1
    return name, project.files[name][:size], "%s cut to %d bytes" % (name, size)


def work(project, number, lanes):
    chance = random.Random(SEED * 1000 + number)
    order = random.Random(SEED) if COUNT == "all" else chance
    for n, (name, data, where) in enumerate(cases(project, order)):
        if COUNT != "all" and n >= int(COUNT) // lanes or len(failures) > 20:
            return
        if COUNT != "all" or project.wal or n % (lanes - 1) == number:
            look(project, name, data, where, chance, COUNT == "all")


signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
base = tempfile.mkdtemp(prefix="zpl-flip-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
try:
    lanes = os.cpu_count() or 1
    projects = [Project(base, n, wal=n == lanes) for n in range(lanes + 1)]
    threads = [threading.Thread(target=work, args=(project, n, len(projects)), daemon=True)
               for n, project in enumerate(projects)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
finally:
    shutil.rmtree(base, ignore_errors=True)
print(", ".join("%d %s" % (count, what) for what, count in counts.items()))
for failure in failures:
    print("FAILED:", failure, file=sys.stderr)
sys.exit(1 if failures else 0)
