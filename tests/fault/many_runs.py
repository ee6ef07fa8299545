"""Starts many runs of the same and of other pipelines over one store, which is not there yet, at the same
moment, while others read it.  Each key is made once, all give the digests that one alone gives, nobody is
told of another, and readers wait for no writer.
usage: many_runs.py ZPL COUNT      in a folder with same.zpl and other1.zpl … otherN.zpl"""
import fcntl, glob, json, os, shutil, sqlite3, struct, subprocess, sys, threading, time

ZPL, COUNT = sys.argv[1], int(sys.argv[2])
OTHERS = sorted(glob.glob("other*.zpl"))
SECONDS = 120
READERS = [["runs", "--json"], ["show", "last", "--json"], ["runs"], ["logs", "last"]]


def fail(what, ran=None):
    print("FAILED:", what, file=sys.stderr)
    if ran is not None:
        print((ran.stdout + ran.stderr)[-3000:], file=sys.stderr)
    os._exit(1)


def zpl(*words):
    return subprocess.run([ZPL, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SECONDS)


def made(text):
    return {s["name"]: [s["key"], {n: o.get("digest") for n, o in s["outputs"].items()}] for s in json.loads(text)["steps"]}


alone = {}
for program in ["same.zpl"] + OTHERS:
    ran = zpl("run", program, "--json")
    if ran.returncode != 0:
        fail("%s alone ended with %d" % (program, ran.returncode), ran)
    alone[program] = made(ran.stdout)
shutil.rmtree(".zpl")

programs = [("same.zpl" if n % 2 == 0 else OTHERS[n // 2 % len(OTHERS)]) for n in range(COUNT)]
# They wait at a gate, each for a line.
os.mkfifo("gate")
gate = os.open("gate", os.O_RDWR)
runs = [subprocess.Popen(["sh", "-c", 'read -r _ <gate; exec "$0" "$@" </dev/null', ZPL, "run", program, "--json"],
                         stdout=open("told.%d" % n, "w"), stderr=open("err.%d" % n, "w"))
        for n, program in enumerate(programs)]
time.sleep(0.5)
begun = time.monotonic()
os.write(gate, b"\n" * COUNT)
over = threading.Event()
reads = [0]


def read():
    while not over.is_set():
        for words in READERS:
            ran = zpl(*words)
            nothing_yet = ran.returncode == 2 and ("nothing has run" in ran.stderr or "no run" in ran.stderr)
            if ran.returncode != 0 and not nothing_yet:
                fail("%s beside the runs ended with %d" % (words, ran.returncode), ran)
            reads[0] += 1


reader = threading.Thread(target=read)
reader.start()
for n, run in enumerate(runs):
    try:
        code = run.wait(SECONDS)
    except subprocess.TimeoutExpired:
        fail("run %d of %s hangs" % (n, programs[n]))
    told, err = open("told.%d" % n).read(), open("err.%d" % n).read()
    if code != 0:
        fail("run %d of %s ended with %d: %s%s" % (n, programs[n], code, told[-2000:], err[-2000:]))
    if err:
        fail("run %d of %s was told: %s" % (n, programs[n], err))
    if made(told) != alone[programs[n]]:
        fail("run %d of %s made something else: %s" % (n, programs[n], made(told)))
seconds = time.monotonic() - begun
over.set()
reader.join()

# by what the store has, and by what the runs said
store = sqlite3.connect("file:.zpl/zpl.db?mode=ro", uri=True)
keys = {key for program in alone for key, _ in alone[program].values()}
rows = store.execute("SELECT key, count(*) FROM steps GROUP BY key").fetchall()
if sorted(rows) != sorted((key, 1) for key in keys):
    fail("the store has these keys so often: %s" % rows)
ran = {}
for n in range(COUNT):
    for step in json.load(open("told.%d" % n))["steps"]:
        if step["status"] == "ran":
            ran[step["key"]] = ran.get(step["key"], 0) + 1
if ran != {key: 1 for key in keys}:
    fail("the runs say that they made these keys so often: %s" % ran)
if store.execute("SELECT count(*) FROM runs WHERE status = 'done'").fetchone()[0] != COUNT:
    fail("not every run is in the store")
store.close()

# A reader waits neither for who holds the writers' lock nor for a transaction.
lock = open(".zpl/zpl.lock", "r+")
fcntl.fcntl(lock, 37, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)) # F_OFD_SETLK
writer = sqlite3.connect(".zpl/zpl.db", isolation_level=None)
writer.execute("BEGIN IMMEDIATE")
writer.execute("UPDATE runs SET status = status")
for words in READERS + [["lineage", "last/join/f2"], ["doctor"]]:
    begun_reading = time.monotonic()
    ran_now = subprocess.run([ZPL, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    if ran_now.returncode != 0:
        fail("%s beside a writer ended with %d" % (words, ran_now.returncode), ran_now)
writer.execute("ROLLBACK")
writer.close()
print("%d runs in %.1f s, %d keys made once, %d reads beside them" % (COUNT, seconds, len(keys), reads[0]))
