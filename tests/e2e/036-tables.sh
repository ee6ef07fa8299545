# docs/store.md says what zpl.db holds: every table and column there is, and none that is not; its questions are
# answered, while a run goes on too, and its words about bytes and digests are true.      Time limit: 60 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3
cp "$ROOT"/examples/penguins/penguins.zpl .
cp "$ROOT"/examples/penguins/penguins.csv .
expect 0 zpl run penguins.zpl
cat >ask.py <<'P'
import hashlib, json, re, sqlite3, sys
text = open(sys.argv[1]).read()
c = sqlite3.connect("file:.zpl/zpl.db?mode=ro", uri=True)
told = {}
for name, words in re.findall(r"^\*\*(\w+)\*\*: (.*?)\n\n", text, re.S | re.M):
    told[name] = set(re.findall(r"`(\w+)`", words))
there = {name: {row[1] for row in c.execute(f"PRAGMA table_info({name})")}
         for name, in c.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")}
assert set(told) == set(there), set(told) ^ set(there)
for name in there:
    assert told[name] == there[name], (name, told[name] ^ there[name])
questions = re.findall(r"```sql\n(.*?)```", text, re.S)
assert len(questions) >= 6
for question in questions:
    rows = c.execute(question).fetchall()
    assert rows and rows[0][0] is not None, question
# the bytes stand where the page says, under the digest of what they are
n = 0
for digest, size, rows, value in c.execute("SELECT digest, bytes, rows, value FROM outputs"):
    data = value.encode() if value is not None else open(f".zpl/objects/{digest[:2]}/{digest[2:]}", "rb").read()
    assert hashlib.sha256(data).hexdigest() == digest and len(data) == size
    assert rows is None or data[:4] == b"PAR1"
    n += 1
assert n >= 5
# and the plan names every step of the graph
plan, graph = map(json.loads, c.execute("SELECT plan, graph FROM run_texts").fetchone())
assert [s["name"] for s in plan["steps"]] == [s["name"] for s in graph["nodes"]]
P
python3 ask.py "$ROOT/docs/store.md" || fail "the page and the tables differ"
