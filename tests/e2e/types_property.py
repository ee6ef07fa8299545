"""Values of every type cross whole: what pyarrow wrote is what pyarrow reads of the stored table, after a
source, a query, a Lua body, a command and a kernel had it in their hands.

    types_property.py write SEED ROWS     all.parquet with columns of every type, all.zpl that passes it on
    types_property.py check STEP FILE …   FILE is the table of all.parquet, in the types of the language
    types_property.py foreign             foreign.parquet with all other Arrow types, and what they become
    types_property.py misfits             a file for each value or type that can't cross: misfits/NAME.parquet
    types_property.py told                misfits/NAME.err, what zpl said of each, names row, column and value
"""
import datetime
import decimal
import json
import math
import os
import random
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {"Int": pa.int64(), "Float": pa.float64(), "Bool": pa.bool_(), "String": pa.string(),
         "Bytes": pa.binary(), "Timestamp": pa.timestamp("us"), "Date": pa.date32(),
         'Enum {"a", "Köln", "it\'s"}': pa.string(), "Json": pa.string()}
TEXTS = ["", " ", "a", "NULL", "nil", "Köln", "日本", "😀", "it's", '"q"', "a\nb", "a,b", "a\0b", "\0",
         "\\N", "\u0301", "\U0010ffff", "x" * 300, "0", "true", "ä" * 6, "12 bytes 12b", "13 bytes 13by"]
JSONS = ['{"a": 9223372036854775807}', "[1, null, -0.0]", '"ü"', "1.5", "null", '{"b":{"c":[]}}', "true"]
EPOCH = datetime.date(1970, 1, 1)
DAYS = [(datetime.date(1, 1, 1) - EPOCH).days, (datetime.date(9999, 12, 31) - EPOCH).days, 0, -1, 1, 19782]
MICROS = [DAYS[0] * 86400 * 10**6, (DAYS[1] + 1) * 86400 * 10**6 - 1, 0, -1, 1, 1709208000123456]


def value(rng, kind):
    if kind == "Int":
        return rng.choice([0, -1, 1, 2**63 - 1, -2**63, 2**53 + 1, -2**53 - 1, rng.randint(-2**63, 2**63 - 1)])
    if kind == "Float":
        bits = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
        return rng.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, 0.1, bits])
    if kind == "Bool":
        return rng.random() < 0.5
    if kind == "String":
        return rng.choice(TEXTS + ["".join(chr(rng.choice([65, 228, 8364, 128512])) for _ in range(9))])
    if kind == "Bytes":
        return rng.choice([b"", b"\0", b"\xff\xfe", b"\xc3(", rng.randbytes(rng.randint(1, 40))])
    if kind == "Timestamp":
        return rng.choice(MICROS + [rng.randint(MICROS[0], MICROS[1])])
    if kind == "Date":
        return rng.choice(DAYS + [rng.randint(DAYS[0], DAYS[1])])
    if kind == "Json":
        return rng.choice(JSONS)
    if kind.startswith("Enum"):
        return rng.choice(["a", "Köln", "it's"])
    inner = kind[len("List("):-1]
    return [cell(rng, inner) for _ in range(rng.choice([0, 0, 1, 2, 5]))]


def cell(rng, kind):
    return None if rng.random() < 0.15 else value(rng, kind)


def arrow(kind):
    return pa.list_(arrow(kind[len("List("):-1])) if kind.startswith("List(") else TYPES[kind]


def kinds():
    plain = list(TYPES)
    lists = ["List(%s)" % k for k in plain]
    return plain + lists + ["List(List(Int))", "List(List(Date))", "List(List(String))"]


def columns():
    return [("c%d %s" % (i, "größe"), k) for i, k in enumerate(kinds())]


def write(seed, rows):
    rng = random.Random(seed)
    made = columns()
    table = pa.table({n: pa.array([cell(rng, k) for _ in range(rows)], arrow(k)) for n, k in made})
    pq.write_table(table, "all.parquet", row_group_size=rows // 3 + 1)
    row = ", ".join('"%s": %s' % c for c in made)
    lua = "Table {%s}" % ", ".join('["%s"] = %s' % (n, lua_type(k)) for n, k in made)
    with open("all.zpl", "w") as out:
        out.write("""local All = %s
local rows = parquet.read { "all.parquet", type = All }
local free = parquet.read { "all.parquet", as = "free" }
local query = sql { [[ SELECT * FROM rows ]], as = "query" }
local by_lua = step "lua" { inputs = { rows = All }, outputs = { out = All }, lua = function (t)
  local out = {}
  for name, column in pairs(t.rows) do
    local copy = { n = #t.rows }
    for i = 1, #t.rows do
      copy[i] = column[i]
    end
    out[name] = copy
  end
  return out
end }
by_lua { query, as = "lua" }
local by_command = step "command" { inputs = { rows = All }, outputs = { out = All },
                                    command = { "%s", "pass_on.py", "$rows", "$out" } }
by_command { query, as = "command" }
local by_kernel = step "kernel" { inputs = { rows = All }, outputs = { out = All }, kernel = "pass.so:pass" }
by_kernel { query, as = "kernel" }
local few = sql { [[ SELECT %s FROM query ]], as = "few" }
local by_csv = step "csv" { inputs = { rows = Table { ... } }, outputs = { out = Table { %s } },
                            command = { "cp", "$rows.csv", "$out.csv" } }
by_csv { few, as = "csv" }
""" % (lua, sys.executable, ", ".join('"%s"' % n for n, _ in few()),
            ", ".join('["%s"] = %s' % (n, lua_type(k)) for n, k in few())))
    with open("pass_on.py", "w") as out:
        out.write("import sys, pyarrow.parquet as pq\npq.write_table(pq.read_table(sys.argv[1]), sys.argv[2])\n")


def few():
    """What CSV can hold: it has no lists and bytes, and no difference between a null and an empty text."""
    return [c for c in columns() if c[1] in ("Int", "Float", "Bool", "Timestamp", "Date")]


def lua_type(kind):
    if kind.startswith("Enum"):
        return 'Enum { "a", "Köln", "it\'s" }'
    return "List(%s)" % lua_type(kind[len("List("):-1]) if kind.startswith("List(") else kind


def bits(v):
    """Floats by their bits, one NaN for all."""
    if isinstance(v, float):
        return "nan" if math.isnan(v) else struct.pack("<d", v)
    return [bits(x) for x in v] if isinstance(v, list) else v


def plain(array):
    """Without Python's dates, which end in the year 9999 and begin in the year 1."""
    t = array.type
    if pa.types.is_timestamp(t):
        return array.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(t):
        return array.cast(pa.int32()).to_pylist()
    if pa.types.is_list(t):
        flat, out, at = plain(array.flatten()), [], 0
        for n in array.value_lengths().to_pylist():
            out.append(None if n is None else flat[at:at + n])
            at += n or 0
        return out
    return array.to_pylist()


def stored(v):
    """There is one zero in the store."""
    if isinstance(v, float):
        return v + 0.0
    return [stored(x) for x in v] if isinstance(v, list) else v


def compare(name, got, want, kind):
    if str(got.type) != str(arrow(kind)).replace("element", "item") and got.type != arrow(kind):
        sys.exit("%s is stored as %s, not as %s" % (name, got.type, arrow(kind)))
    a, b = plain(got.combine_chunks()), plain(want.combine_chunks())
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if bits(x) != bits(stored(y)):
            sys.exit("%s, row %d: %r, not %r" % (name, i + 1, x, y))


def check(step, path):
    got, want = pq.read_table(path), pq.read_table("all.parquet")
    some = few() if step in ("few", "csv") else columns()
    if sorted(got.column_names) != sorted(n for n, _ in some):
        sys.exit("%s: columns %r" % (step, got.column_names))
    for name, kind in some:
        compare("%s: %s (%s)" % (step, name, kind), got[name], want[name], kind)
    print("%s: %d columns, %d rows" % (step, got.num_columns, got.num_rows))


D = decimal.Decimal
UTC = datetime.timezone.utc
NOON = datetime.datetime(2024, 6, 1, 12, 0, 0, 123456)
# Arrow's other types: their values, the type that they become and the values then.
FOREIGN = [
    (pa.int8(), [-128, None, 127], "Int", [-128, None, 127]),
    (pa.int16(), [-2**15, None], "Int", [-2**15, None]),
    (pa.int32(), [-2**31, 2**31 - 1], "Int", [-2**31, 2**31 - 1]),
    (pa.uint8(), [0, 255], "Int", [0, 255]),
    (pa.uint16(), [2**16 - 1], "Int", [2**16 - 1]),
    (pa.uint32(), [2**32 - 1], "Int", [2**32 - 1]),
    (pa.uint64(), [2**63 - 1, 0, None], "Int", [2**63 - 1, 0, None]),
    (pa.float32(), [0.1, math.nan, -math.inf], "Float",
     [struct.unpack("<f", struct.pack("<f", 0.1))[0], math.nan, -math.inf]),
    (pa.float16(), [0.5, None], "Float", [0.5, None]),
    (pa.decimal128(4, 1), [D("-123.4"), None], "Float", [-123.4, None]),
    (pa.decimal128(18, 3), [D("123456789012345.678")], "Float", [123456789012345.678]),
    (pa.decimal128(38, 9), [D("12345678901234567890.123456789"), D("0.1"), D("-99999.000000001")],
     "Float", [12345678901234567890.123456789, 0.1, -99999.000000001]),
    (pa.large_string(), ["ä", None, ""], "String", ["ä", None, ""]),
    (pa.string_view(), ["ä", None, "longer than twelve"], "String", ["ä", None, "longer than twelve"]),
    (pa.large_binary(), [b"\xff", None], "Bytes", [b"\xff", None]),
    (pa.binary(3), [b"\xff\0a", None], "Bytes", [b"\xff\0a", None]),
    (pa.dictionary(pa.int8(), pa.string()), ["b", "a", None, "b"], "String", ["b", "a", None, "b"]),
    (pa.timestamp("s"), [NOON.replace(microsecond=0), None], "Timestamp", [1717243200000000, None]),
    (pa.timestamp("ms"), [NOON.replace(microsecond=123000)], "Timestamp", [1717243200123000]),
    (pa.timestamp("us", "America/New_York"), [NOON.replace(tzinfo=UTC)], "Timestamp", [1717243200123456]),
    (pa.timestamp("ns"), [1717243200123456000, None], "Timestamp", [1717243200123456, None]),
    (pa.timestamp("ms", "UTC"), [1717243200123], "Timestamp", [1717243200123000]),
    (pa.timestamp("ns", "UTC"), [1717243200123456000], "Timestamp", [1717243200123456]),
    (pa.date64(), [datetime.date(2024, 6, 1)], "Date", [(datetime.date(2024, 6, 1) - EPOCH).days]),
    (pa.large_list(pa.int8()), [[1, None], [], None], "List(Int)", [[1, None], [], None]),
    (pa.list_(pa.int32(), 2), [[1, 2], [3, 4]], "List(Int)", [[1, 2], [3, 4]]),
    (pa.list_(pa.decimal128(3, 1)), [[D("1.5"), None]], "List(Float)", [[1.5, None]]),
    (pa.list_(pa.timestamp("ns")), [[1717243200123456000, None]], "List(Timestamp)",
     [[1717243200123456, None]]),
]
# What can't cross: the type, its values, the declared type ("": as it is) and what is told.
MISFITS = {
    "uint64": (pa.uint64(), [1, 2**63], "", ["row 2", "column 'x'", "9223372036854775808"]),
    "ns": (pa.timestamp("ns"), [0, 1717243200123456789], "", ["row 2", "column 'x'", "123456789"]),
    "rounded": (pa.int64(), [1, 2, 2**53 + 1], "Float", ["row 3", "column 'x'", "9007199254740993"]),
    "whole decimal": (pa.decimal128(20, 0), [D(2**53), D(2**53 + 1)], "", ["row 2", "column 'x'", "9007199254740993"]),
    "wide decimal": (pa.decimal256(70, 0), [D("1" * 60)], "", ["DECIMAL of 70 digits, 'x'"]),
    "fraction": (pa.float64(), [1.0, 0.5], "Int", ["row 2", "column 'x'", "0.5"]),
    "nan": (pa.float64(), [math.nan], "Int", ["row 1", "column 'x'", "nan"]),
    "text": (pa.string(), ["1", "x"], "Int", ["row 2", "column 'x'", "'x'"]),
    "json": (pa.string(), ["1", "{"], "Json", ["row 2", "column 'x'", "'{'"]),
    "hour": (pa.timestamp("us"), [0, 3600 * 10**6], "Date", ["row 2", "column 'x'", "01:00:00"]),
    "list": (pa.list_(pa.uint64()), [[1], [2**63]], "", ["row 2", "column 'x'", "9223372036854775808"]),
    "time": (pa.time64("us"), [1], "", ["column 'x'", "TIME"]),
    "struct": (pa.struct([("a", pa.int8())]), [{"a": 1}], "", ["column 'x'", "STRUCT"]),
    "map": (pa.map_(pa.string(), pa.int8()), [[("a", 1)]], "", ["column 'x'", "MAP"]),
}


def foreign():
    names = ["x%d" % i for i in range(len(FOREIGN))]
    longest = max(len(f[1]) for f in FOREIGN)
    if sys.argv[2:] == []:
        table = {n: pa.array((t[1] * longest)[:longest], t[0]) for n, t in zip(names, FOREIGN)}
        pq.write_table(pa.table(table), "foreign.parquet", store_schema=True)
        return
    got = pq.read_table(sys.argv[2])
    for name, (made, _, kind, want) in zip(names, FOREIGN):
        compare("%s (%s)" % (name, made), got[name],
                pa.chunked_array([pa.array((want * longest)[:longest], arrow(kind))]), kind)
    print("foreign: %d columns" % got.num_columns)


def misfits():
    os.makedirs("misfits", exist_ok=True)
    with open("misfits.txt", "w") as out:
        for name, (kind, values, declared, words) in MISFITS.items():
            pq.write_table(pa.table({"x": pa.array(values, kind)}), "misfits/%s.parquet" % name)
            with open("misfits/%s.zpl" % name, "w") as program:
                given = ", type = Table { x = %s }" % declared if declared else ""
                program.write('parquet.read { "%s.parquet"%s }\n' % (name, given))
            out.write(name + "\n")


def told():
    for name in MISFITS:
        text = open("misfits/%s.err" % name).read()
        missing = [w for w in MISFITS[name][3] if w not in text]
        if missing:
            sys.exit("%s: nothing is said of %r in:\n%s" % (name, missing, text))


if __name__ == "__main__":
    word = sys.argv[1]
    if word == "write":
        write(int(sys.argv[2]), int(sys.argv[3]))
    elif word == "check":
        for step, path in zip(sys.argv[2::2], sys.argv[3::2]):
            check(step, path)
    elif word == "foreign":
        foreign()
    elif word == "misfits":
        misfits()
    else:
        told()
