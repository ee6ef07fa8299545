"""cache_model.py - random small pipelines as models, and edits of them; for cache_property.py.

A model holds source files, params, statements, names and layout.  program() writes its text, meaning()
says what a statement does whatever its text looks like, reached() whom a column's change can reach.
An edit changes the model and says in words what it did, or gives None when it does not apply."""
import copy
import hashlib
import json
import random

INT, FLOAT, TEXT, BOOL = "Int", "Float", "String", "Bool"
WORDS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine"]


# ---- the model ----------------------------------------------------------------------------------

class Model:
    """What a person would have in a folder: files and one program."""

    def __init__(self):
        self.files = {}       # id -> {"name", "columns": [[name, type, cells]], "quoted"}
        self.params = []      # [name, value]
        self.modules = {}     # id -> {"name", "value", "imports": [id], "asides"}: files of Python
        self.statements = []  # dicts, each one step
        self.names = {}       # id of a variable -> its name in the program
        self.count = 0        # ids given so far
        self.layout = 0       # seed of white space
        self.comments = []    # (before which statement, text)
        self.given = {}       # params that the command line sets

    def new_id(self, prefix):
        self.count += 1
        name = "%s%d" % (prefix, self.count)
        self.names[name] = name
        return name

    def value(self, param):
        return self.given.get(param, dict(self.params)[param])


def cell_text(value, quoted):
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"%s"' % text if quoted else text


def file_text(file):
    columns = file["columns"]
    lines = [",".join(name for name, _, _ in columns)]
    for i in range(len(columns[0][2])):
        lines.append(",".join(cell_text(cells[i], file["quoted"]) for _, _, cells in columns))
    return "\n".join(lines) + "\n"


def module_text(model, module):
    """A file of Python that is a step, and a helper of others; asides count for nothing."""
    others = [model.modules[m]["name"] for m in module["imports"]]
    lines = ["import " + name for name in others]
    lines += ["VALUE = %d" % module["value"], "def get():",
              "    return " + " + ".join(["VALUE"] + [name + ".get()" for name in others]),
              "def main(a: int) -> int:", "    return a * 1000 + get()"]
    rng = random.Random(module["asides"])
    for _ in range(module["asides"]):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["# " + rng.choice(WORDS), ""]))
    return "\n".join(lines) + "\n"


def closure(model, module):
    """Ids of a module and of all that it imports."""
    return {module}.union(*(closure(model, m) for m in model.modules[module]["imports"]))


def schemas(model):
    """Columns of every variable that holds a table: [(name, type)]."""
    found = {}
    for s in model.statements:
        kind = s["kind"]
        if kind == "read":
            columns = [(n, t) for n, t, _ in model.files[s["file"]]["columns"]]
        elif kind == "sql":
            columns = [(c[0], c[1]) for c in s["select"]]
            if s["star"]:
                columns = found[s["in"][0]] + columns
        elif kind in ("lua", "named"):
            columns = [("v", INT), ("w", INT)]
        elif kind == "split":
            columns = found[s["in"][0]]
        elif kind == "predict":
            columns = found[s["in"][1]] + [("prediction", BOOL), ("score", FLOAT)]
        else:
            columns = None
        for out in s["out"]:
            found[out] = columns
    return found


def sees(s, number, column):
    """May the statement's input number `number` show it that column?"""
    kind = s["kind"]
    if kind == "sql":
        return (s["star"] and number == 0) or (number, column) in s["reads"]
    if kind in ("lua", "named"):
        return s["open"] or column == s["column"]
    if kind == "train":
        return column == s["label"] or not s["features"] or column in s["features"]
    if kind == "evaluate":
        return number == 0 or column in s["reads"]
    return True


def reached(model, file, column):
    """Ids of the statements that a change of one column of a file can reach, row counts being equal."""
    known, dirty, found = schemas(model), {}, set()
    for s in model.statements:
        if s["kind"] == "read":
            if s["file"] == file:
                found.add(s["id"])
                dirty[s["out"][0]] = {column}
            continue
        seen = {c for i, v in enumerate(s["in"]) for c in dirty.get(v, ()) if sees(s, i, c)}
        if not seen:
            continue
        found.add(s["id"])
        passed = s["kind"] == "split" and s["stratify"] not in seen
        for out in s["out"]:
            # a model is one thing; of a table that is passed on only the column itself has changed
            dirty[out] = seen if passed else {c for c, _ in known[out] or []} | {"*"}
    return found


# ---- from model to text -------------------------------------------------------------------------

def lua_value(value):
    if isinstance(value, str):
        return '"%s"' % value
    if isinstance(value, list):
        return "{ " + ", ".join(lua_value(v) for v in value) + " }"
    return str(value)


def stretch(text, rng):
    """Other white space between the words of a text, and sometimes a comment of SQL."""
    out = []
    for word in text.split(" "):
        out.append(word)
        out.append(rng.choice([" ", " ", " ", "  ", "\n    ", "\t"]))
    if rng.random() < 0.3:
        out.append("-- aside\n")
    return "".join(out)


def sql_text(s, name):
    tables = [name(v) for v in s["in"]]
    parts = ["%s AS %s" % (c[2], c[0]) for c in s["select"]]
    if s["star"]:
        parts.insert(0, "a.*")
    text = "SELECT " + " , ".join(parts) + " FROM %s a" % tables[0]
    if len(tables) > 1:
        text += " JOIN %s b ON a.k = b.k" % tables[1]
    if s["where"]:
        text += " WHERE " + s["where"]
    if s["group"]:
        text += " GROUP BY " + s["group"]
    return text


def lua_call_text(s, name):
    """The definitions a lua step needs and the step, as lines."""
    captured, helper, inner = name(s["captured_id"]), name(s["helper_id"]), name(s["inner_id"])
    columns = "%s: Int, ..." % s["column"] if s["open"] else "%s: Int" % s["column"]
    wide = "for name in pairs(t.rows) do %s = %s + 1 end " % (inner, inner) if s["open"] else ""
    return [
        "local %s = %s" % (captured, lua_value(s["captured"])),
        "local function %s (x) return %s end" % (helper, s["helper"]),
        'local %s = step "%s" {' % (name(s["step_id"]), s["step_name"]),
        '  signature = "(rows: Table {%s}, most: Int = %d) -> (rows: Table {v: Int, w: Int})",'
        % (columns, s["most"]),
        "  lua = function (t) local %s = 0 %slocal v, w = {}, {}" % (inner, wide),
        "    for i = 1, #t.rows do local x = t.rows.%s[i]" % s["column"],
        "      v[i] = x and %s(%s) + %s %% 3" % (helper, s["body"], inner),
        "      w[i] = i + #tostring(%s) + t.most" % (captured if not isinstance(s["captured"], list)
                                                     else captured + "[2]"),
        "    end v.n, w.n = #t.rows, #t.rows return { v = v, w = w } end }",
    ]


def named_sql_text(s, name):
    columns = "%s = Int, ..." % s["column"] if s["open"] else "%s = Int" % s["column"]
    return [
        'local %s = step "%s" {' % (name(s["step_id"]), s["step_name"]),
        "  inputs = { rows = Table { %s } }, params = { most = Int { default = %d } },"
        % (columns, s["most"]),
        "  outputs = { rows = Table { v = Int, w = Int } },",
        "  sql = [[ SELECT %s AS v, $most + %s AS w FROM rows ]] }" % (s["body"], s["column"]),
    ]


def statement_lines(model, s, name, text=lambda t: t):
    """The lines of one statement; `name` says what a variable is called."""
    kind, ins = s["kind"], [name(v) for v in s["in"]]
    outs = "local " + ", ".join(name(v) for v in s["out"]) + " = "
    if kind == "read":
        return [outs + 'csv.read "%s"' % model.files[s["file"]]["name"]]
    if kind == "python":
        return [outs + 'step "%s" { python = "steps/%s.py:main" } { a = p.%s }'
                % (s["step_name"], model.modules[s["module"]]["name"], s["param"])]
    if kind == "sql":
        return [outs + "sql [[ " + text(sql_text(s, name)) + " ]]"]
    if kind in ("lua", "named"):
        lines = lua_call_text(s, name) if kind == "lua" else named_sql_text(s, name)
        given = ", most = %d" % s["given"] if s["given"] is not None else ""
        return lines + [outs + "%s { %s%s }" % (name(s["step_id"]), ins[0], given)]
    if kind == "split":
        more = ', stratify = "%s"' % s["stratify"] if s["stratify"] else ""
        return [outs + "split { %s, ratio = %s, seed = %d%s }" % (ins[0], s["ratio"], s["seed"], more)]
    if kind == "train":
        more = ", features = " + lua_value(s["features"]) if s["features"] else ""
        # The label may be computed from a feature here, which is of no interest.
        meant = lua_value([c for c, _ in schemas(model)[s["in"][0]] if c != s["label"]])
        return [outs + 'xgboost.train { %s, label = "%s", rounds = %d, eta = %s%s, allow = { leak = %s } }'
                % (ins[0], s["label"], s["rounds"], s["eta"], more, meant)]
    return [outs + "%s { %s, %s }" % (kind, ins[0], ins[1])]


def program(model):
    rng = random.Random(model.layout)
    lines = []
    if model.params:
        lines.append("local p = params { " + ", ".join(
            "%s = %s" % (n, lua_value(v)) for n, v in model.params) + " }")
    for i, s in enumerate(model.statements):
        lines += ["-- " + text for place, text in model.comments if place == i]
        lines += statement_lines(model, s, model.names.get,
                                 (lambda t: stretch(t, rng)) if model.layout else lambda t: t)
        lines += [""] * (rng.randrange(3) if model.layout else 0)
    return "\n".join(lines) + "\n"


def meaning(model, s, digests):
    """Equal for two statements that must do the same: code without names, params, content of inputs."""
    if s["kind"] == "read":
        return hashlib.sha256(file_text(model.files[s["file"]]).encode()).hexdigest()
    if s["kind"] == "python":
        said = [(m["name"], m["value"], [model.modules[i]["name"] for i in m["imports"]])
                for m in (model.modules[i] for i in closure(model, s["module"]))]
        return json.dumps([model.modules[s["module"]]["name"], sorted(said), model.value(s["param"])])
    # SQL sees its tables by name; no other name has a meaning
    neutral = {v: v for v in model.names}
    if s["kind"] == "sql":
        neutral.update({v: model.names[v] for v in s["in"]})
    code = {k: v for k, v in s.items() if k not in ("id", "in", "out", "step_name") and k[-3:] != "_id"}
    if s["kind"] == "sql":
        code["text"] = sql_text(s, neutral.get)
    code["params"] = [(p, model.value(p)) for p, _ in model.params if "$" + p in code.get("text", "")]
    code["inputs"] = [digests[v] for v in s["in"]]
    return json.dumps(code, sort_keys=True, default=sorted)


# ---- making a pipeline --------------------------------------------------------------------------

def new_cells(rng, kind, rows, nulls=True):
    cells = []
    for _ in range(rows):
        if nulls and rng.random() < 0.03:
            cells.append(None)
        elif kind == INT:
            cells.append(rng.randrange(-50, 100))
        elif kind == FLOAT:
            cells.append(rng.randrange(1000) / 8 + 0.0625)
        else:
            cells.append(rng.choice(WORDS))
    return cells


def add_file(model, rng):
    rows = rng.randrange(60, 160)
    file = model.new_id("f")
    columns = [["k", INT, [i % 40 for i in range(rows)]]]
    for i, kind in enumerate([INT, INT] + rng.choices([INT, FLOAT, TEXT], k=rng.randrange(1, 4))):
        columns.append(["%s%d" % (kind[0].lower(), i), kind, new_cells(rng, kind, rows)])
    model.files[file] = {"name": file + ".csv", "columns": columns, "quoted": False}
    add_statement(model, {"kind": "read", "file": file, "in": []}, "t")


def add_statement(model, s, *prefixes):
    s["id"] = model.new_id("s")
    s["out"] = [model.new_id(p) for p in prefixes]
    model.statements.append(s)
    return s


def expression(rng, column, kind, params, side):
    """(type, SQL) of something computed from a column."""
    ref = "%s.%s" % (side, column)
    number = rng.randrange(1, 20)
    ints = [p for p, v in params if isinstance(v, int)]
    if kind == TEXT:
        return rng.choice([(INT, "length(%s)" % ref), (TEXT, "upper(%s)" % ref), (TEXT, ref),
                           (TEXT, "%s || 'x%d'" % (ref, number))])
    if kind == BOOL:
        return BOOL, ref
    if ints and rng.random() < 0.4:
        return kind, "%s + $%s" % (ref, rng.choice(ints))
    if kind == FLOAT:
        return FLOAT, rng.choice(["%s * %d" % (ref, number), ref, "round(%s)" % ref])
    return INT, rng.choice(["%s + %d" % (ref, number), "%s %% %d" % (ref, number), ref, "abs(%s)" % ref,
                            "coalesce(%s, %d)" % (ref, number)])


def add_sql(model, rng):
    known = schemas(model)
    tables = [v for v, c in known.items() if c and any(t == INT for _, t in c)]
    first = rng.choice(tables)
    second = [v for v in tables if v != first and ("k", INT) in known[v]]
    join = ("k", INT) in known[first] and second and rng.random() < 0.4
    ins = [first] + ([rng.choice(second)] if join else [])
    s = {"kind": "sql", "in": ins, "select": [], "reads": set(), "star": False, "where": "", "group": ""}
    if join:
        s["reads"] |= {(0, "k"), (1, "k")}
    for i in range(rng.randrange(2, 4)):
        number = rng.randrange(len(ins))
        column, kind = rng.choice(known[ins[number]])
        made, text = expression(rng, column, kind, model.params, "ab"[number])
        s["select"].append(["e%d" % i if i else "k", made, text])
        s["reads"].add((number, column))
    column = rng.choice([c for c, t in known[first] if t == INT])
    s["reads"].add((0, column))
    if rng.random() < 0.3:
        s["group"] = "a.%s" % column
        s["select"] = [["k", INT, "a." + column], ["n", INT, "count(*)"]]
        s["reads"] = {r for r in s["reads"] if r == (0, column) or (join and r[1] == "k")}
    elif rng.random() < 0.2 and not join:
        s["star"] = True
        s["select"] = [["x%d" % model.count, INT, "a.%s + 1" % column]]
    if rng.random() < 0.6:
        s["where"] = "a.%s > %d" % (column, rng.randrange(-40, 0))
    add_statement(model, s, "q")


def add_body(model, rng):
    known = schemas(model)
    table, columns = rng.choice([(v, c) for v, c in known.items() if c and any(t == INT for _, t in c)])
    s = {"kind": rng.choice(["lua", "lua", "named"]), "in": [table], "open": rng.random() < 0.4,
         "column": rng.choice([c for c, t in columns if t == INT]), "most": rng.randrange(1, 50),
         "given": rng.choice([None, rng.randrange(1, 50)]), "step_id": model.new_id("make"),
         "step_name": "step%d" % model.count}
    if s["kind"] == "lua":
        s.update(captured=rng.choice([rng.randrange(100), "word", [1, 22, 333]]),
                 captured_id=model.new_id("kept"), helper_id=model.new_id("help"),
                 inner_id=model.new_id("inner"), helper="x * %d + 1" % rng.randrange(2, 9),
                 body="x + %d" % rng.randrange(9))
    else:
        s["body"] = "%s * %d" % (s["column"], rng.randrange(2, 9))
    add_statement(model, s, "b")


def add_learning(model, rng):
    """Features and a label by SQL, split, train, and what follows."""
    known = schemas(model)
    table = [s["out"][0] for s in model.statements if s["kind"] == "read"][0]
    ints = [c for c, t in known[table] if t == INT]
    features = rng.sample([c for c, t in known[table] if t in (INT, FLOAT)], 2)
    s = {"kind": "sql", "in": [table], "star": False, "where": "", "group": "",
         "select": [[c, dict(known[table])[c], "a." + c] for c in features] +
                   [["late", BOOL, "coalesce(a.%s, 0) > 20" % ints[1]]],
         "reads": {(0, c) for c in features + [ints[1]]}}
    rows = add_statement(model, s, "d")["out"][0]
    s = {"kind": "split", "in": [rows], "ratio": 0.7, "seed": rng.randrange(9),
         "stratify": rng.choice([None, "late"])}
    train, test = add_statement(model, s, "train", "test")["out"]
    s = {"kind": "train", "in": [train], "label": "late", "rounds": rng.randrange(2, 5), "eta": 0.3,
         "features": rng.choice([None, features, features[:1]])}
    used = s["features"] or features
    trained = add_statement(model, s, "model")["out"][0]
    add_statement(model, {"kind": "evaluate", "in": [trained, test], "reads": set(used) | {"late"}}, "r")
    if rng.random() < 0.7:
        add_statement(model, {"kind": "predict", "in": [trained, test]}, "scored")
    if rng.random() < 0.7:
        add_statement(model, {"kind": "drift", "in": [train, test]}, "shift")


def add_python(model, rng):
    """Modules that import each other, and steps that two of them are."""
    for i in range(rng.randrange(2, 5)):
        before = list(model.modules)
        module = model.new_id("h")
        model.modules[module] = {"name": module, "value": rng.randrange(1, 9), "asides": 0,
                                 "imports": rng.sample(before, min(i, rng.randrange(3)))}
    for module in rng.sample(list(model.modules), 2):
        add_statement(model, {"kind": "python", "in": [], "module": module, "step_name": "step%d" % model.count,
                              "param": rng.choice(model.params)[0]}, "y")


def new_model(rng, python=False):
    model = Model()
    model.params = [["low", rng.randrange(20)], ["high", rng.randrange(20, 40)]]
    for _ in range(rng.randrange(1, 4)):
        add_file(model, rng)
    for _ in range(rng.randrange(2, 5)):
        rng.choice([add_sql, add_sql, add_body])(model, rng)
    add_body(model, rng)
    if rng.random() < 0.3:
        read = rng.choice([s for s in model.statements if s["kind"] == "read"])
        add_statement(model, {"kind": "split", "in": read["out"], "ratio": 0.5, "seed": 1,
                              "stratify": rng.choice([None, "k"])}, "left", "right")
    if rng.random() < 0.7:
        add_learning(model, rng)
    if python:
        add_python(model, rng)
    return model


# ---- edits --------------------------------------------------------------------------------------

def pick(model, rng, *kinds):
    found = [s for s in model.statements if s["kind"] in kinds]
    return rng.choice(found) if found else None


def change_param(model, rng):
    param = rng.choice(model.params)
    param[1] += rng.choice([-1, 1])
    model.given.pop(param[0], None)
    return "default of %s" % param[0]


def give_param(model, rng):
    name = rng.choice(model.params)[0]
    model.given = {name: rng.randrange(40)} if name not in model.given else {}
    return "command line: %s" % model.given


def change_literal(model, rng):
    s = pick(model, rng, "split", "train", "lua", "named")
    if s is None:
        return None
    if s["kind"] == "split":
        s[rng.choice(["seed"])] += 1
    elif s["kind"] == "train":
        key = rng.choice(["rounds", "eta"])
        s[key] = s[key] + 1 if key == "rounds" else round(s[key] + 0.1, 2)
    else:
        s["most"] += 1
    return "a literal of %s" % s["out"]


def change_sql(model, rng):
    s = pick(model, rng, "sql")
    if s is None:
        return None
    select = rng.choice(s["select"])
    if s["group"] or select[1] not in (INT, FLOAT):
        s["where"] = "" if s["where"] else "true"
    else:
        select[2] = "(%s) + %d" % (select[2], rng.randrange(1, 3))
    return "the SQL of %s" % s["out"]


def change_body(model, rng):
    s = pick(model, rng, "lua", "named")
    if s is None:
        return None
    s["body"] += " + %d" % rng.randrange(1, 3)
    return "the body of %s" % s["out"]


def change_helper(model, rng):
    s = pick(model, rng, "lua")
    if s is None:
        return None
    s["helper"] = "%s - %d" % (s["helper"], rng.randrange(1, 4))
    return "the helper of %s" % s["out"]


def change_captured(model, rng):
    s = pick(model, rng, "lua")
    if s is None:
        return None
    if isinstance(s["captured"], list):
        s["captured"][rng.randrange(3)] *= 10
    else:
        s["captured"] = s["captured"] * 2 + (1 if isinstance(s["captured"], int) else "")
    return "what %s takes along" % s["out"]


def change_opening(model, rng):
    s = pick(model, rng, "lua", "named")
    if s is None:
        return None
    s["open"] = not s["open"]
    return "the input of %s is %s" % (s["out"], "open" if s["open"] else "closed")


def change_stratify(model, rng):
    s = pick(model, rng, "split")
    if s is None or ("late", BOOL) not in schemas(model)[s["in"][0]]:
        return None
    s["stratify"] = None if s["stratify"] else "late"
    return "stratify of %s" % s["out"]


def add_comment(model, rng):
    model.comments.append((rng.randrange(len(model.statements)), rng.choice(WORDS) + " ]] --[["))
    return "a comment"


def change_layout(model, rng):
    model.layout = rng.randrange(1, 1000)
    return "white space"


def rename_local(model, rng):
    in_sql = {v for s in model.statements if s["kind"] == "sql" for v in s["in"]}
    name = rng.choice([v for v in model.names if v not in in_sql])
    model.names[name] = "%s_%d" % (name, rng.randrange(1000))
    return "the local %s is named %s" % (name, model.names[name])


def rename_step(model, rng):
    s = pick(model, rng, "lua", "named")
    if s is None:
        return None
    s["step_name"] += "x"
    return "the step of %s is named %s" % (s["out"], s["step_name"])


def order_columns(model, rng):
    file = rng.choice(list(model.files.values()))
    rng.shuffle(file["columns"])
    return "order of columns in %s" % file["name"]


def change_cell(model, rng):
    file = rng.choice(list(model.files.values()))
    name, kind, cells = rng.choice(file["columns"])
    row = rng.randrange(len(cells))
    cells[row] = {INT: 77, FLOAT: 7.5, TEXT: "yew"}[kind]
    return "row %d of column %s in %s" % (row, name, file["name"])


def append_row(model, rng):
    file = rng.choice(list(model.files.values()))
    for column in file["columns"]:
        column[2].append(column[2][rng.randrange(len(column[2]))])
    return "a row in %s" % file["name"]


def swap_rows(model, rng):
    file = rng.choice(list(model.files.values()))
    a, b = rng.sample(range(len(file["columns"][0][2])), 2)
    for column in file["columns"]:
        column[2][a], column[2][b] = column[2][b], column[2][a]
    return "rows %d and %d in %s" % (a, b, file["name"])


def quote_cells(model, rng):
    file = rng.choice(list(model.files.values()))
    file["quoted"] = not file["quoted"]
    return "quotes in %s" % file["name"]


def rename_file(model, rng):
    file = rng.choice(list(model.files.values()))
    file["name"] = "m%d_%s" % (rng.randrange(1000), file["name"][-8:].lstrip("_"))
    return "a source is named %s" % file["name"]


def swap_files(model, rng):
    if len(model.files) < 2:
        return None
    a, b = rng.sample(list(model.files.values()), 2)
    a["name"], b["name"] = b["name"], a["name"]
    return "the files %s and %s change places" % (a["name"], b["name"])


def swap_statements(model, rng):
    places = [i for i in range(len(model.statements) - 1)
              if not set(model.statements[i]["out"]) & set(model.statements[i + 1]["in"])]
    if not places:
        return None
    i = rng.choice(places)
    model.statements[i], model.statements[i + 1] = model.statements[i + 1], model.statements[i]
    return "statements %d and %d change places" % (i, i + 1)


def order_params(model, rng):
    model.params.reverse()
    return "order of params"


def repeat_statement(model, rng):
    s = pick(model, rng, "sql", "split", "train", "evaluate", "drift")
    if s is None or len(model.statements) > 14:
        return None
    twin = copy.deepcopy(s)
    add_statement(model, twin, *("again" for _ in s["out"]))
    return "a twin of %s" % s["out"]


def add_column(model, rng):
    """A column nobody names.  Not the first one's place only: anywhere."""
    file = rng.choice(list(model.files.values()))
    name = "extra%d" % (model.count + 1)
    model.count += 1
    kind = rng.choice([INT, TEXT])
    rows = len(file["columns"][0][2])
    file["columns"].insert(rng.randrange(len(file["columns"]) + 1),
                           [name, kind, new_cells(rng, kind, rows, nulls=False)])
    return "a column %s in %s" % (name, file["name"])


def change_module(model, rng):
    if not model.modules:
        return None
    module = rng.choice(list(model.modules.values()))
    module["value"] += 1
    return "the value of module %s" % module["name"]


def change_imports(model, rng):
    if not model.modules:
        return None
    ids = list(model.modules)
    at = rng.randrange(1, len(ids))
    module, other = model.modules[ids[at]], ids[rng.randrange(at)]
    if other in module["imports"]:
        module["imports"].remove(other)
    else:
        module["imports"].append(other)
    return "module %s imports %s" % (module["name"], module["imports"])


def add_aside(model, rng):
    if not model.modules:
        return None
    module = rng.choice(list(model.modules.values()))
    module["asides"] += 1
    return "layout and comments of module %s" % module["name"]


def rename_module(model, rng):
    if not model.modules:
        return None
    module = rng.choice(list(model.modules.values()))
    module["name"] = "g%d" % rng.randrange(1000)
    return "a module is named %s" % module["name"]


MODEL_EDITS = [change_param, give_param, change_literal, change_sql, change_body, change_helper,
               change_captured, change_opening, change_stratify, add_comment, change_layout, rename_local,
               rename_step, order_columns, change_cell, append_row, swap_rows, quote_cells, rename_file,
               swap_files, swap_statements, order_params, repeat_statement, add_column, add_column]
PYTHON_EDITS = [change_module, change_imports, add_aside, rename_module]
