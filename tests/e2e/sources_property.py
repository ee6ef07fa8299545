"""Random tables as files, and random changes to files: zpl against an oracle in Python.

cells  Tables are written by Python's csv and json modules, or as Parquet by DuckDB, each over one to four
       files whose columns stand in another order.  What zpl stores is read back by DuckDB: every cell is
       the one that was written, and the types are those of the kinds that were written.  In some tables
       one value is wrong: file, row and column are told.
keys   Files below a pattern come, go, change, are touched and called otherwise.  The step runs when a
       sequence of contents was not read before, else it is known.
    sources_property.py --seed N --tables N --changes N --library libduckdb.so
"""
import argparse
import csv
import ctypes
import datetime
import json
import os
import random
import re
import subprocess
import sys

NAMES = ["a", "b c", "it's", "Select", "c_1", "größe", "a.b", "$x", "end", 'q"q', "tab"]
TEXTS = ["a", "Köln", "x y", "it's", 'say "hi"', "a,b", "line\nbreak", "n/a", "ä", "x;y|z", "\\", "null?"]
KINDS = ["Int", "Float", "String", "Bool", "Date", "Timestamp"]


class Duck:
    """As much of DuckDB as is needed, by its C interface."""

    def __init__(self, library):
        self.c = ctypes.CDLL(library)
        self.c.duckdb_value_varchar.restype = ctypes.c_char_p
        self.c.duckdb_result_error.restype = ctypes.c_char_p
        self.c.duckdb_row_count.restype = ctypes.c_uint64
        database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        self.c.duckdb_open(None, ctypes.byref(database))
        self.c.duckdb_connect(database, ctypes.byref(self.connection))
        self.ask("SET threads = 1")
        self.ask("SET TimeZone = 'UTC'")

    def ask(self, sql):
        """The first column, as texts."""
        result = (ctypes.c_uint64 * 8)()
        if self.c.duckdb_query(self.connection, sql.encode(), ctypes.byref(result)) != 0:
            sys.exit("%s\n%s" % (self.c.duckdb_result_error(ctypes.byref(result)).decode(), sql))
        count = self.c.duckdb_row_count(ctypes.byref(result))
        out = [self.c.duckdb_value_varchar(ctypes.byref(result), ctypes.c_uint64(0), ctypes.c_uint64(i))
               for i in range(count)]
        self.c.duckdb_destroy_result(ctypes.byref(result))
        return [text.decode() if text is not None else None for text in out]


def quoted(text, mark="'"):
    return mark + text.replace(mark, mark * 2) + mark


def zpl_text(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value_of(rng, kind):
    if kind == "Int":
        return rng.choice([rng.randint(-9, 9), rng.randint(-2**63, 2**63 - 1), 2**53 + 1])
    if kind == "Float":
        return rng.choice([rng.uniform(-5, 5), 1e300, -1e-300, 0.1, 5.0, float(rng.randint(-9, 9))])
    if kind == "Bool":
        return rng.random() < 0.5
    if kind == "Date":
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=rng.randint(0, 40000))
    if kind == "Timestamp":
        step = rng.choice([1, 1000, 10**6, 60 * 10**6])
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(
            microseconds=rng.randint(1, 3 * 10**15 // step) * step + 10**6)
    if kind == "Json":
        return rng.choice([{"x": rng.randint(0, 9)}, {"deep": [{"y": None}], "z": "ä\"q"}, {}])
    if kind == "List(Int)":
        return [rng.choice([None, rng.randint(-2**63, 2**63 - 1), 7]) for _ in range(rng.randint(1, 3))] + [1]
    if kind == "List(String)":
        return [rng.choice(TEXTS) for _ in range(rng.randint(1, 3))]
    return rng.choice(TEXTS)


def time_text(rng, value, plain):
    """One of the ways to write the instant."""
    offset = 0 if plain else rng.choice([0, 0, 120, -330])
    local = value + datetime.timedelta(minutes=offset)
    text = local.isoformat(sep=rng.choice(" T"))
    if offset:
        return text + "%s%02d:%02d" % ("+" if offset > 0 else "-", abs(offset) // 60, abs(offset) % 60)
    return text if plain else text + rng.choice(["", "Z"])


class Table:
    def __init__(self, rng, name):
        self.rng, self.name = rng, name
        self.format = rng.choice(["csv", "json", "json", "parquet"])
        kinds = KINDS + (["Json", "List(Int)", "List(String)"] if self.format == "json" else [])
        names = rng.sample(NAMES, rng.randint(2, 6))
        self.columns = {name: rng.choice(kinds) for name in names}
        self.declared = rng.random() < 0.5
        rows = rng.choice([1, 3, 20, 200])
        nulls = rng.choice([0, 0.2, 0.6])
        self.files = []
        for number in range(rng.randint(1, 4)):
            table = [{c: None if rng.random() < nulls else value_of(rng, k) for c, k in self.columns.items()}
                     for _ in range(rng.randint(1, rows))]
            self.files.append(("%s-%d.%s" % (name, number, self.format), table))
        for c, kind in self.columns.items():  # at least one value says the type, in the first file
            self.files[0][1][0][c] = value_of(rng, kind)
        self.order = list(self.columns)
        self.wrong = None
        integers = [c for c, k in self.columns.items() if k == "Int"]
        if self.declared and integers and self.format != "parquet" and rng.random() < 0.6:
            at = rng.randrange(len(self.files))
            row = rng.randrange(len(self.files[at][1]))
            self.wrong = (self.files[at][0], row + 1, rng.choice(integers))
            self.files[at][1][row][self.wrong[2]] = rng.choice(["12x", "1.5", "99999999999999999999"])

    def text(self, value, kind):
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime.datetime):
            return time_text(self.rng, value, self.format == "csv" and not self.declared)
        if isinstance(value, datetime.date):
            return value.isoformat()
        return repr(value) if isinstance(value, (int, float)) else value

    def write(self, duck):
        for number, (path, table) in enumerate(self.files):
            names = list(self.columns)
            if number > 0:
                self.rng.shuffle(names)
            getattr(self, "write_" + self.format)(path, names, table, duck)

    def write_csv(self, path, names, table, _):
        delimiter = self.rng.choice(",;\t|") if not self.declared else ","
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator=self.rng.choice(["\n", "\r\n"]))
            writer.writerow(names)
            for row in table:
                writer.writerow(["" if row[c] is None else self.text(row[c], self.columns[c]) for c in names])

    def write_json(self, path, names, table, _):
        def plain(value, kind):
            if isinstance(value, (datetime.date, datetime.datetime)):
                return self.text(value, kind)
            return value
        rows = [{c: plain(row[c], self.columns[c]) for c in names
                 if row[c] is not None or self.rng.random() < 0.5} for row in table]
        if path == self.files[0][0]:  # the order of the columns is that in which keys are met
            rows[0] = {c: plain(table[0][c], self.columns[c]) for c in names}
        ascii = self.rng.random() < 0.5
        lines = [json.dumps(row, ensure_ascii=ascii) for row in rows]
        with open(path, "w", encoding="utf-8") as file:
            if self.rng.random() < 0.1:
                file.write("\ufeff")
            if self.rng.random() < 0.5:
                file.write("\n".join(lines) + self.rng.choice(["", "\n", "\n\n"]))
            else:
                file.write(json.dumps(rows, ensure_ascii=ascii, indent=self.rng.choice([None, 1])))
        # a key that no object of a file has is told, unless the type is declared
        if not self.declared and {c for row in rows for c in row} != set(names):
            rows[0].update({c: None for c in names if c not in rows[0]})
            with open(path, "w", encoding="utf-8") as file:
                json.dump(rows, file)

    def write_parquet(self, path, names, table, duck):
        types = {"Int": "BIGINT", "Float": "DOUBLE", "String": "VARCHAR", "Bool": "BOOLEAN", "Date": "DATE",
                 "Timestamp": "TIMESTAMP"}

        def literal(value, kind):
            text = "NULL" if value is None else quoted(
                value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else self.text(value, kind))
            return "CAST(%s AS %s)" % (text, types[kind])
        rows = ["(%s)" % ", ".join(literal(row[c], self.columns[c]) for c in names) for row in table]
        duck.ask("COPY (SELECT * FROM (VALUES %s) AS t(%s)) TO %s (FORMAT parquet)" % (
            ", ".join(rows), ", ".join(quoted(c, '"') for c in names), quoted(os.path.abspath(path))))

    def program(self):
        path = self.files[0][0] if len(self.files) == 1 else "%s-*.%s" % (self.name, self.format)
        if len(self.files) > 1 and self.rng.random() < 0.3:
            path = None
        words = [zpl_text(path) if path else
                 "{ " + ", ".join(zpl_text(p) for p, _ in self.files) + " }"]
        if self.declared:
            columns = list(self.columns.items())
            self.rng.shuffle(columns)
            self.order = sorted(self.columns)  # in which [names] in brackets are taken
            words.append("type = Table { %s }" % ", ".join(
                "[%s] = %s" % (zpl_text(c), k) for c, k in columns))
        if self.format == "csv":
            words.append("header = true")
        return "local %s = %s.read { %s, as = %s }\n" % (self.name, self.format, ", ".join(words),
                                                         zpl_text(self.name))

    def cell(self, have, kind):
        """A value as it came back, as Python would have it."""
        if have is None:
            return None
        if kind == "Timestamp":
            return datetime.datetime.fromisoformat(have)
        if kind == "Date":
            return datetime.date.fromisoformat(have)
        return json.loads(have) if kind == "Json" else float(have) if kind == "Float" else have

    def differs(self, step, duck):
        """Words about the first thing that is not as it was written; None: nothing."""
        output = step["outputs"]["rows"]
        want = "Table {%s}" % ", ".join("%s: %s" % (
            c if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", c) else zpl_text(c), self.columns[c])
            for c in self.order)
        if output["type"] != want:
            return "the type is %s, not %s" % (output["type"], want)
        digest = output["digest"].split(":")[-1]
        found = [os.path.join(folder, name) for folder, _, names in os.walk(".zpl/objects")
                 for name in names if (os.path.basename(folder) + name).endswith(digest[2:])]
        rows = [json.loads(text) for text in duck.ask(
            "SELECT CAST(to_json(t) AS VARCHAR) FROM read_parquet(%s) AS t" % quoted(found[0]))]
        wrote = [row for _, table in self.files for row in table]
        if len(rows) != len(wrote):
            return "%d rows, not %d" % (len(rows), len(wrote))
        for number, (have, row) in enumerate(zip(rows, wrote)):
            for c, kind in self.columns.items():
                cell = self.cell(have[c], kind)
                if cell != row[c] or (cell is not None and type(cell) is not type(row[c])):
                    return "row %d, %s: %r, not %r" % (number + 1, c, cell, row[c])
        return None


def cells(rng, count, duck):
    tables = [Table(rng, "t%d" % i) for i in range(count)]
    for t in tables:
        t.write(duck)
    with open("cells.zpl", "w", encoding="utf-8") as file:
        file.write("".join(t.program() for t in tables))
    done = subprocess.run(["zpl", "run", "cells.zpl", "--json"], capture_output=True, text=True)
    if not done.stdout:
        sys.exit(done.stderr)
    steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
    bad = 0
    for t in tables:
        step = steps[t.name]
        if t.wrong is None:
            said = t.differs(step, duck) if step["status"] == "ran" else done.stderr
        else:
            said = "row %d of %s: column '%s' holds '" % (t.wrong[1], t.wrong[0], t.wrong[2])
            said = None if step["status"] == "failed" and said in done.stderr else "not told: " + said
        if said:
            bad += 1
            print("%s (%s, %s): %s" % (t.name, t.format, [p for p, _ in t.files], said))
    wrong = sum(t.wrong is not None for t in tables)
    print("%d tables, %d with a wrong value, %d differ" % (count, wrong, bad))
    return bad > 0 or wrong == 0 or wrong == count


def keys(rng, count):
    os.mkdir("in")
    known, ran = set(), 0
    with open("keys.zpl", "w", encoding="utf-8") as file:
        file.write('local all = csv.read { "in/*.csv", header = true }\n')

    def put(name):
        with open("in/" + name, "w", encoding="utf-8") as file:
            file.write("a,b\n" + "".join("%d,2\n" % rng.randint(1, 3) for _ in range(rng.randint(1, 2))))

    put("m.csv")
    for turn in range(count):
        names = sorted(os.listdir("in"))
        name = rng.choice(names)
        change = rng.choice(["come", "go", "other", "touch", "rename", "none"])
        if change == "come" and len(names) < 5:
            put(rng.choice("bcdefghijklm") + rng.choice("0123456789") + ".csv")
        elif change == "go" and len(names) > 1:
            os.remove("in/" + name)
        elif change == "other":
            put(name)
        elif change == "touch":
            os.utime("in/" + name)
        elif change == "rename":
            os.rename("in/" + name, "in/" + rng.choice("abxyz") + name)
        contents = tuple(open("in/" + n, encoding="utf-8").read() for n in sorted(os.listdir("in")))
        done = subprocess.run(["zpl", "run", "keys.zpl", "--json"], capture_output=True, text=True)
        status = json.loads(done.stdout)["steps"][0]["status"]
        want = "cached" if contents in known else "ran"
        if status != want:
            sys.exit("turn %d (%s of %s): %s, not %s\n%s" % (turn, change, name, status, want, done.stderr))
        known.add(contents)
        ran += status == "ran"
    print("%d changes, %d runs" % (count, ran))
    return ran == 0 or ran == count


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--tables", type=int, default=40)
    options.add_argument("--changes", type=int, default=30)
    options.add_argument("--library", required=True)
    options = options.parse_args()
    rng = random.Random(options.seed)
    failed = cells(rng, options.tables, Duck(options.library))
    failed = keys(rng, options.changes) or failed
    sys.exit(failed)


main()
