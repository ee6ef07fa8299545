# The grammar in docs/language.md is that of the program: sentences made from it by chance are read, and a
# sentence with one token too many or too few is not (but where that is a sentence too, it is printed
# and read back).      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3
cat >made.py <<'P'
import random, re, subprocess, sys
text = open(sys.argv[1]).read()
grammar = re.search(r"```ebnf\n(.*?)```", text, re.S).group(1)
grammar = re.sub(r"\(\*.*?\*\)", "", grammar)
tokens = re.findall(r'"[^"]*"|[A-Za-z_]+|[=;|\[\]{}()]|,', grammar)
rules, at = {}, 0

def alternatives(stop):
    global at
    options, current = [], []
    while tokens[at] not in stop:
        t = tokens[at]
        at += 1
        if t == "|":
            options.append(current)
            current = []
        elif t in "[{(":
            inner = alternatives({"[": "]", "{": "}", "(": ")"}[t])
            at += 1
            current.append((t, inner))
        elif t != ",":
            current.append(("t", t[1:-1]) if t[0] == '"' else ("n", t))
    return options + [current]

while at < len(tokens):
    name = tokens[at]
    assert tokens[at + 1] == "=", tokens[at:at + 3]
    at += 2
    rules[name] = alternatives(";")
    at += 1
assert {"signature", "type", "row", "refinement", "literal"} <= set(rules), rules.keys()

rng = random.Random(7)
counter = 0
# what the grammar leaves to words: leaves, and which types may stand where
LEAVES = {"string": lambda: '"%s"' % rng.choice(["a", "b c", "ä", "x.y"]), "integer": lambda: str(rng.randrange(9)),
          "float": lambda: "0.5", "framework": lambda: rng.choice(["xgboost", "torch"])}

def fresh():
    global counter
    counter += 1
    return "v%d" % counter

def make(options, depth):
    out = []
    for kind, what in rng.choice(options if depth > 0 else sorted(options, key=len)[:1]):
        if kind == "t":
            out.append(what)
        elif kind == "n" and what in ("name", "variable"):
            out.append(fresh())
        elif kind == "n" and what in LEAVES:
            out.append(LEAVES[what]())
        elif kind == "n":
            out += make(rules[what], depth - 1)
        elif kind == "[":
            out += make(what, depth - 1) if depth > 0 and rng.random() < .5 else []
        elif kind == "{":
            for _ in range(rng.randrange(3) if depth > 0 else 0):
                out += make(what, depth - 1)
        else:
            out += make(what, depth)
    return out

sentences = [" ".join(make(rules[sys.argv[2]], 6)) for _ in range(int(sys.argv[3]))]
print("\n".join(dict.fromkeys(s for s in sentences if len(s) < 400)))
P
python3 made.py "$ROOT/docs/language.md" row 400 >rows
python3 made.py "$ROOT/docs/language.md" signature 400 >signatures
[ "$(wc -l <signatures)" -gt 100 ] || fail "only $(wc -l <signatures) signatures were made"
# Every sentence in a program of its own words; what is told may be a rule beside the grammar (a variable that
# nothing binds, a refinement that a type does not have), never that a token stands where it can't.
python3 - <<'P'
import json, subprocess
def quoted(s):
    return s.replace("\\", "\\\\").replace("'", "\\'")
lines = open("signatures").read().split("\n")[:-1]
rows = [f"(rows: Table {r}) -> (n: Int)" for r in open("rows").read().split("\n")[:-1] if r.startswith("{")]
sentences, broken = lines + rows[:100], 0
for at in range(0, len(sentences), 60):
    part = sentences[at:at + 60]
    open("part.zpl", "w").write("".join(f"Step '{quoted(s)}'\n" for s in part))
    out = subprocess.run(["zpl", "check", "part.zpl", "--json"], capture_output=True, text=True)
    for d in json.loads(out.stdout)["diagnostics"]:
        # the string behind Step is no signature but by chance
        if d["code"] != "E040" or d["message"].startswith(("expected", "unknown type", "nothing may follow")):
            raise SystemExit(f"{d['message']}, at {d['col']} of {part[d['line'] - 1]}")
        broken += 1
print(broken, "of", len(sentences), "break a rule beside the grammar")
if len(sentences) < 300 or broken > len(sentences) * 2 // 3:
    raise SystemExit("the grammar of docs/language.md is not that of the program")

# a wrong token is told, where it stands
for text, word in (("(a: Int", "the end"), ("(a Int)", ":"), ("(a: Int,, b: Int)", ","), ("(a: Table {b: Int)", ")"),
                   ("(a: Int) ->", "the end"), ("(a: Int) => (b: Int)", "="), ("(a: List Int)", "Int"), ("(a: 3)", "3")):
    open("part.zpl", "w").write(f"Step '{text}'\n")
    out = subprocess.run(["zpl", "check", "part.zpl", "--json"], capture_output=True, text=True)
    told = json.loads(out.stdout)["diagnostics"]
    if not told or told[0]["code"] != "E040":
        raise SystemExit(f"{text} is taken for a signature")
P
