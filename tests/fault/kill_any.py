"""Runs a pipeline again and again and each time kills one of its processes, any of them: the driver, the
process that starts workers, a supervisor, a worker, what a step started.  Afterwards none of them is
alive, what is in the store is whole, and the next run ends with what an undisturbed one makes.
usage: kill_any.py ZPL TIMES SEED      in a folder with kill.zpl"""
import hashlib, json, os, random, shutil, signal, subprocess, sys, time

ZPL, TIMES, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
MARK = "ZPL_KILL_TEST=%d-%d" % (os.getpid(), time.time_ns())
ENVIRONMENT = dict(os.environ, **dict([MARK.split("=")]))


def marked():
    """All living processes that have the mark in their environment: {pid: name}."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if MARK.encode() not in open("/proc/%s/environ" % pid, "rb").read().split(b"\0"):
                continue
            name, state = open("/proc/%s/stat" % pid).read().rsplit(")", 1)
            if state.split()[0] not in "ZX":
                found[int(pid)] = name.split("(", 1)[1]
        except OSError:
            pass
    return found


def start():
    return subprocess.Popen([ZPL, "run", "kill.zpl", "--json"], env=ENVIRONMENT, stdout=open("told.json", "w"),
                            stderr=open("told.err", "w"), stdin=subprocess.DEVNULL)


def made():
    return [[(s["name"], n, o.get("digest")) for n, o in sorted(s["outputs"].items())]
            for s in json.load(open("told.json"))["steps"]]


def fail(what):
    print("FAILED:", what, file=sys.stderr)
    print(open("told.err").read()[-2000:], file=sys.stderr)
    for pid in marked():
        os.kill(pid, signal.SIGKILL)
    sys.exit(1)


def whole():
    for folder, _, names in os.walk(".zpl/objects"):
        for name in names:
            path = os.path.join(folder, name)
            digest = os.path.basename(folder) + name
            if hashlib.sha256(open(path, "rb").read()).hexdigest() != digest:
                return path
    return None


def gone(seconds):
    until = time.monotonic() + seconds
    while marked():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def clean_run():
    run = start()
    if run.wait(60) != 0:
        fail("a run that nobody disturbed ended with %d" % run.returncode)
    if not gone(5):
        fail("after an undisturbed run these live: %s" % marked())
    return made()


def has_own_space(pid):
    try:
        return os.readlink("/proc/%d/ns/pid" % pid) != os.readlink("/proc/self/ns/pid")
    except OSError:
        return False


def spaces():
    """Are the workers of a run in a space of processes of their own?  What the zygote tries out with a
    child of its own, which may come to nothing, is no worker."""
    run, found = start(), False
    while not found and run.poll() is None:
        found = any(has_own_space(pid) for pid, name in marked().items() if name == "zpl-worker")
    run.wait()
    return found


expected = clean_run()
shutil.rmtree(".zpl")
own_space = spaces()
shutil.rmtree(".zpl")
begun = time.monotonic()
clean_run()
clean_seconds = time.monotonic() - begun
killed = {}
for n in range(TIMES):
    shutil.rmtree(".zpl")
    chance = random.Random(SEED * 1000003 + n)
    run = start()
    time.sleep(chance.random() * clean_seconds * 0.85)
    # one of the kinds there are, then one of that kind: else it would mostly be a step's
    kinds = {}
    for pid, name in marked().items():
        kinds.setdefault(name, []).append(pid)
    what = "nothing"
    if kinds:
        what = chance.choice(sorted(kinds) + ["all of zpl's"] * own_space)
        if what == "all of zpl's":
            victims = [pid for name in kinds if name.startswith("zpl") for pid in kinds[name]]
        else:
            victims = [chance.choice(kinds[what])]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    killed[what] = killed.get(what, 0) + 1
    told = "kill %d (seed %d) of %s" % (n, SEED, what)
    try:
        run.wait(30)
    except subprocess.TimeoutExpired:
        fail("%s: the run hangs" % told)
    if not gone(5):
        fail("%s: these live: %s" % (told, marked()))
    torn = whole()
    if torn:
        fail("%s: %s is torn" % (told, torn))
    if clean_run() != expected:
        fail("%s: the next run made something else" % told)
    left = [d for d, _, _ in os.walk(".zpl/scratch")][1:]
    if left:
        fail("%s, and a run: left in scratch: %s" % (told, left))
print("killed:", ", ".join("%d %s" % (count, name) for name, count in sorted(killed.items())))
