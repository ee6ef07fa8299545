"""Random tables and random rules: zpl's verdict, counts and rows are those of an oracle in Python.

Each table is held to its rules in one of four ways: where a source reads it, where a query or a Lua body
writes it, and at the edge of a step that needs more than its maker promises.
    contract_property.py --seed N --programs N --tables N
"""
import argparse
import csv
import datetime
import math
import random
import re
import subprocess
import sys

TEXTS = ["a", "ab", "abc", "b", "Köln", "x y", "it's", 'say "hi"', "x", "0", "-1"]
PATTERNS = ["^a", "b", "^[a-c]+$", "^(?!x)", "[0-9]", "^.{1,2}$"]
NAMES = ["a", "b c", "it's", "Select", "file_row_number", "c_1", "größe", "end"]
SHOWN = 5
CLAIM = re.compile(
    r"column '(.*?)' (is required|is to be at least|is to be at most|is to be one of"
    r"|is to be a value of|is to match|is to be unique)")
COUNT = re.compile(r": ([0-9,]+) of ([0-9,]+) rows? (?:is not|are not|has none|have none|does not|do not"
                   r"|repeats a value|repeat a value):")
KINDS = {"is required": "required", "is to be at least": "min", "is to be at most": "max",
         "is to be one of": "one_of", "is to be a value of": "enum", "is to match": "match",
         "is to be unique": "unique"}


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Column:
    """A column of values, its rules, and how both are written."""

    def __init__(self, rng, name, rows):
        self.name = name
        self.kind = rng.choice(["Int", "Int", "Float", "Float", "String", "String", "Bool", "Date",
                                "Timestamp", "Enum"])
        few = [self.value(rng) for _ in range(rng.choice([2, 5, 100]))]
        nulls = rng.choice([0, 0, 0.1])
        self.values = [None if rng.random() < nulls else rng.choice(few) for _ in range(rows)]
        if rng.random() < 0.25 and self.kind == "Int":
            self.values = rng.sample(range(-rows, rows * 3), rows)
        self.few = few
        self.rules = {}
        for rule in ["required", "unique", "min", "max", "one_of", "match"]:
            if rng.random() < 0.3:
                self.add(rng, rule)
        self.enum = None
        if self.kind == "Enum":
            self.enum = list(dict.fromkeys(rng.sample(TEXTS, rng.randint(1, len(TEXTS)))))
            if rng.random() < 0.6:
                self.enum = TEXTS

    def value(self, rng):
        if self.kind == "Int":
            return rng.choice([rng.randint(-9, 9), rng.randint(-2**63, 2**63 - 1)])
        if self.kind == "Float":
            return rng.choice([0.0, 1.5, -2.25, 1e300, math.inf, -math.inf, math.nan,
                               rng.uniform(-5, 5), rng.randint(-3, 3) * 1.0])
        if self.kind == "Bool":
            return rng.random() < 0.5
        if self.kind == "Date":
            return datetime.date(1, 1, 1) + datetime.timedelta(days=rng.randint(700000, 760000))
        if self.kind == "Timestamp":
            return datetime.datetime(1970, 1, 1) + datetime.timedelta(
                microseconds=rng.randint(-10**15, 2 * 10**15))
        return rng.choice(TEXTS)

    def add(self, rng, rule):
        ordered = self.kind in ("Int", "Float", "Date", "Timestamp")
        known = [v for v in self.few if not (isinstance(v, float) and not math.isfinite(v))] or None
        if rule in ("required", "unique"):
            self.rules[rule] = True
        elif rule in ("min", "max") and ordered and known:
            some = sorted(known)
            bound = some[0 if rule == "min" else -1] if rng.random() < 0.5 else rng.choice(some)
            other = self.rules.get("min")
            if rule == "min" or other is None or other <= bound:
                self.rules[rule] = bound
        elif rule == "one_of" and self.kind != "Enum" and known:
            self.rules[rule] = known if rng.random() < 0.6 else rng.sample(known, max(1, len(known) // 2))
        elif rule == "match" and self.kind == "String":
            self.rules[rule] = rng.choice(PATTERNS)

    # what is written

    def literal(self, v):
        if self.kind == "Bool":
            return "true" if v else "false"
        if self.kind == "Int":
            return "math.mininteger" if v == -2**63 else str(v)
        if self.kind == "Float":
            return repr(v)
        return quoted(self.cell(v))

    def cell(self, v):
        if v is None:
            return ""
        if self.kind == "Bool":
            return "true" if v else "false"
        if self.kind == "Timestamp":
            return v.isoformat(sep=" ", timespec="microseconds")
        return str(v)

    def plain(self):
        return self.kind if self.kind != "Enum" else "String"

    def type(self):
        parts = [quoted(v) for v in self.enum] if self.enum else []
        for rule, v in self.rules.items():
            if v is True:
                parts.append(rule + " = true")
            elif rule == "one_of":
                parts.append("one_of = { " + ", ".join(self.literal(x) for x in v) + " }")
            else:
                parts.append(rule + " = " + (quoted(v) if rule == "match" else self.literal(v)))
        return self.kind + (" { " + ", ".join(parts) + " }" if parts else "")

    # what is true

    def same(self, v):
        return "nan" if isinstance(v, float) and math.isnan(v) else v

    def breaking(self, rule):
        bound = self.rules.get(rule)
        seen, out = set(), []
        among = {self.same(v) for v in bound} if rule == "one_of" else None
        for row, v in enumerate(self.values, 1):
            if rule == "required":
                bad = v is None
            elif v is None:
                bad = False
            elif rule == "unique":
                bad = self.same(v) in seen
                seen.add(self.same(v))
            elif rule == "min":
                bad = not v >= bound
            elif rule == "max":
                bad = not v <= bound
            elif rule == "one_of":
                bad = self.same(v) not in among
            elif rule == "enum":
                bad = v not in self.enum
            else:
                bad = re.search(bound, v) is None
            if bad:
                out.append(row)
        return out

    def broken(self):
        rules = list(self.rules) + (["enum"] if self.enum else [])
        found = {rule: self.breaking(rule) for rule in rules}
        return {(self.name, rule): rows for rule, rows in found.items() if rows}


class Table:
    def __init__(self, rng, name):
        self.name = name
        rows = rng.choice([0, 1, 3, 20, 20, 300, 3000])
        names = rng.sample(NAMES, rng.randint(1, 5))
        self.columns = [Column(rng, n, rows) for n in names]
        self.rows = rows
        self.way = rng.choice(["source", "query", "edge", "lua"])
        with open(name + ".csv", "w", newline="", encoding="utf-8") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL)
            out.writerow(names)
            for i in range(rows):
                out.writerow([c.cell(c.values[i]) for c in self.columns])

    def row(self, plain):
        return "Table { " + ", ".join(
            "[%s] = %s" % (quoted(c.name), c.plain() if plain else c.type())
            for c in self.columns) + " }"

    def program(self):
        read = "local %s_rows = csv.read { %s, header = true, delimiter = \",\", type = %s, as = %s }\n"
        as_source = self.way == "source"
        text = read % (self.name, quoted(self.name + ".csv"), self.row(not as_source),
                       quoted(self.name if as_source else self.name + "_read"))
        if as_source:
            return text
        held, free = self.row(False), self.row(True)
        if self.way == "edge":
            inputs, outputs = held, "n = Table { n = Int }"
            body = "sql = [[ SELECT count(*) AS n FROM rows ]]"
        elif self.way == "query":
            # a String is no Enum: the query says that it becomes one
            casts = ", ".join(
                '"%s"' % c.name if not c.enum else 'CAST("%s" AS ENUM(%s)) AS "%s"' % (
                    c.name, ", ".join("'" + v.replace("'", "''") + "'" for v in TEXTS), c.name)
                for c in self.columns if c.enum is None or c.enum == TEXTS)
            self.columns = [c for c in self.columns if c.enum is None or c.enum == TEXTS]
            if not casts:
                return text
            inputs, outputs = free, "rows = " + self.row(False)
            body = "sql = [[ SELECT %s FROM rows ]]" % casts
        else:
            inputs, outputs = free, "out = " + held
            body = ("lua = function (t) local out = { } "
                    "for name, column in pairs(t.rows) do local cells = { n = #t.rows } "
                    "for i = 1, #t.rows do cells[i] = column[i] end out[name] = cells end "
                    "return out end")
        if self.way == "edge":
            # an Enum is asked for where a String is given: that is no question of rows
            inputs = "Table { " + ", ".join(
                "[%s] = %s" % (quoted(c.name), c.type() if not c.enum else "String")
                for c in self.columns) + " }"
            for c in self.columns:
                if c.enum:
                    c.enum, c.rules = None, {}
        return text + "step %s { inputs = { rows = %s }, outputs = { %s }, %s } { %s_rows, as = %s }\n" % (
            quoted(self.name), inputs, outputs, body, self.name, quoted(self.name))

    def truth(self):
        out = {}
        for c in self.columns:
            out.update(c.broken())
        return out


def numbers(text):
    return [int(n.replace(",", "")) for n in re.findall(r"(?:^|, )row ([0-9,]*[0-9])", text)]


def told(err):
    """{table: {(column, rule): (count, all rows, first rows, more?)}}"""
    out, table = {}, None
    for line in err.splitlines():
        start = re.search(r"error\[E\d+\]: step (\w+) failed: ", line)
        table = start.group(1) if start else table
        if "breaks its contract: " not in line and "is not what the step needs: " not in line:
            continue
        claim, count = CLAIM.search(line), COUNT.search(line)
        if not claim or not count:
            sys.exit("not understood: " + line)
        rest = line[count.end():]
        # values may hold anything between quotes
        rest = re.sub(r'"(?:[^"\\]|\\.)*"', '""', rest).replace(" as row ", " as ")
        first = numbers(rest.strip())
        out.setdefault(table, {})[claim.group(1), KINDS[claim.group(2)]] = (
            int(count.group(1).replace(",", "")), int(count.group(2).replace(",", "")), first,
            rest.endswith("…"))
    return out


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--programs", type=int, default=8)
    options.add_argument("--tables", type=int, default=40)
    options = options.parse_args()
    rng = random.Random(options.seed)
    cases = bad = kept = 0
    for number in range(options.programs):
        tables = [Table(rng, "t%d_%d" % (number, i)) for i in range(options.tables)]
        with open("p%d.zpl" % number, "w", encoding="utf-8") as file:
            file.write("".join(t.program() for t in tables))
        done = subprocess.run(["zpl", "run", "p%d.zpl" % number], capture_output=True, text=True)
        said = told(done.stderr)
        if done.returncode not in (0, 1):
            sys.exit("p%d.zpl ended with %d:\n%s" % (number, done.returncode, done.stderr))
        for t in tables:
            truth = t.truth()
            cases += 1
            kept += not truth
            want = {key: (len(rows), t.rows, rows[:SHOWN], len(rows) > SHOWN)
                    for key, rows in truth.items()}
            if said.pop(t.name, {}) != want:
                bad += 1
                print("seed %d, p%d.zpl, %s (%s): expected\n  %s\ntold\n  %s" % (
                    options.seed, number, t.name, t.way, want, told(done.stderr).get(t.name)))
        if said or (done.returncode == 1) != any(t.truth() for t in tables):
            bad += 1
            print("seed %d, p%d.zpl: ended with %d, also told %s\n%s" % (
                options.seed, number, done.returncode, said, done.stderr))
    print("%d tables, %d kept their contracts, %d wrong verdicts" % (cases, kept, bad))
    sys.exit(bad > 0 or kept == 0 or kept == cases)


main()
