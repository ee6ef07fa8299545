"""reseal.py - gives every row of .zpl/zpl.db the sums that what now stands in it has, as stack/metadata/sqlite_sum.c
makes them: for tests that put something there which no zpl of today writes.      reseal.py [zpl.db]"""
import hashlib, sqlite3, sys

RUN = "SELECT id, pipeline, file, status, started_ns, ended_ns, params, error, plan, graph FROM runs WHERE id = ?"
STEP = ("SELECT run, status, coalesce(peak_bytes, 0), attempts, shape_key, pipeline, name, step, kernel, error, ingredients, "
        "(SELECT name FROM names n WHERE n.step = steps.id), log_sum, made_sum FROM steps WHERE id = ?")
c = sqlite3.connect(sys.argv[1] if len(sys.argv) > 1 else ".zpl/zpl.db")

def add(h, data):
    h.update(len(data).to_bytes(8, "little") + data)

def add_value(h, value):
    add(h, b"" if value is None else b"=")
    add(h, b"" if value is None else value if isinstance(value, bytes) else str(value).encode())

def run_sum(row):
    h = hashlib.sha256()
    for value in c.execute(RUN, (row,)).fetchone():
        add_value(h, value)
    places, = c.execute("SELECT places FROM runs WHERE id = ?", (row,)).fetchone()
    if places is not None:
        add_value(h, places)
    return h.hexdigest()

def numbers(*values):
    return b"".join(v.to_bytes(8, "little", signed=True) for v in values)

def made_sum(row):
    h = hashlib.sha256()
    key, started, duration = c.execute("SELECT key, started_ns, duration_ns FROM steps WHERE id = ?", (row,)).fetchone()
    outputs = c.execute("SELECT id, name, type, value, digest, bytes, rows FROM outputs WHERE step = ? ORDER BY id", (row,)).fetchall()
    add(h, bytes.fromhex(key))
    add(h, numbers(started, duration, len(outputs)))
    for output, name, type_, value, digest, size, rows in outputs:
        columns = c.execute("SELECT name, digest FROM columns WHERE output = ? ORDER BY id", (output,)).fetchall()
        for text in name, type_, value:
            add_value(h, text)
        add(h, bytes.fromhex(digest))
        add(h, numbers(size, -1 if rows is None else rows, len(columns)))
        for column, column_digest in columns:
            add_value(h, column)
            add(h, bytes.fromhex(column_digest))
    return h.hexdigest()

def step_sum(row):
    h = hashlib.sha256()
    run, status, peak, attempts, shape, *texts = c.execute(STEP, (row,)).fetchone()
    inputs = c.execute("SELECT name, digest, from_step, from_output FROM inputs WHERE step = ? ORDER BY id", (row,)).fetchall()
    add(h, numbers(run, int(status == "ran"), peak, attempts, len(inputs)))
    add(h, bytes.fromhex(shape))
    for text in texts:
        add_value(h, text)
    for name, digest, *maker in inputs:
        add_value(h, name)
        add(h, bytes.fromhex(digest))
        for text in maker:
            add_value(h, text)
    return h.hexdigest()

for piece, text in c.execute("SELECT id, text FROM pieces").fetchall():
    c.execute("UPDATE pieces SET digest = ? WHERE id = ?", (hashlib.sha256(text.encode()).hexdigest(), piece))
for row, digest in c.execute("SELECT id, digest FROM texts").fetchall():
    pieces = c.execute("SELECT p.text FROM text_pieces o JOIN pieces p ON p.id = o.piece WHERE o.text = ? ORDER BY o.at", (row,))
    name = hashlib.sha256("".join(text for text, in pieces).encode()).hexdigest()
    if name != digest:
        c.execute("UPDATE texts SET digest = ? WHERE digest = ?", (name, digest))
        c.execute("UPDATE runs SET plan = ? WHERE plan = ?", (name, digest))
        c.execute("UPDATE runs SET graph = ? WHERE graph = ?", (name, digest))
        c.execute("UPDATE runs SET places = ? WHERE places = ?", (name, digest))
for row, log in c.execute("SELECT id, log FROM steps").fetchall():
    c.execute("UPDATE steps SET log_sum = ?, made_sum = ? WHERE id = ?", (hashlib.sha256(log or b"").hexdigest(), made_sum(row), row))
    c.execute("UPDATE steps SET sum = ? WHERE id = ?", (step_sum(row), row))
for row, in c.execute("SELECT id FROM runs").fetchall():
    c.execute("UPDATE runs SET sum = ? WHERE id = ?", (run_sum(row), row))
c.commit()
