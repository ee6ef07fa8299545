"""moved_property.py - a program and a file that it imports, whose lines move, whose steps change, and that may ask how many
files there are: after every random edit a run tells of each step what a run in a new store tells, and where it stands;
and every earlier run tells what it told.

    moved_property.py SEED EDITS      in an empty folder; `zpl` on the path

What a run leaves is found by the program's text or by its graph (settled.h), and both come again here in other worlds."""
import copy
import json
import os
import random
import shutil
import subprocess
import sys

rng = random.Random(int(sys.argv[1]))
state = {"main": [], "lib": [], "add": 1, "times": 2, "count": None, "files": 1}  # comments: lines before which they are
states, fresh, told, recalled = [], {}, {}, 0


def lines(model, which):
    count = '#files "few/*"' if model["count"] is None else str(model["count"])
    text = {"main": ['local lib = import "lib/lib.zpl"',
                     'local one = step "one" { signature = "(n: Int) -> (n: Int)", '
                     "lua = function (t) return t.n + %d end }" % model["add"],
                     "for i = 1, %s do one { i } end" % count,
                     "local last = lib.twice(one { 100 })",
                     "one { last }"],
            "lib": ['local twice = step "twice" { signature = "(n: Int) -> (n: Int)", '
                    "lua = function (t) return t.n * %d end }" % model["times"],
                    "local function call (n)", "  return twice { n }", "end", "return { twice = call }"]}[which]
    for number, place in enumerate(model[which]):
        text.insert(min(place, len(text)), "-- %d" % number)
    return text


def write(model):
    for name, which in ("p.zpl", "main"), ("lib/lib.zpl", "lib"):
        with open(name, "w") as f:
            f.write("\n".join(lines(model, which)) + "\n")
    for i in range(4):
        if i < model["files"]:
            open("few/%d" % i, "w").close()
        elif os.path.exists("few/%d" % i):
            os.unlink("few/%d" % i)


def edit(model):
    kind = rng.choice(["comment"] * 4 + ["remove"] * 2 + ["add", "times"] + ["count", "files"] * 4 + ["back"] * 3)
    which = rng.choice(["main", "lib"])
    if kind == "comment":
        model[which].append(rng.randrange(6))
    elif kind == "remove" and model[which]:
        model[which].pop(rng.randrange(len(model[which])))
    elif kind in ("add", "times"):
        model[kind] = rng.randrange(1, 4)
    elif kind == "count":
        model["count"] = None if model["count"] else rng.randrange(1, 4)
    elif kind == "files":
        model["files"] = rng.randrange(1, 4)
    elif kind == "back" and states:
        model.clear()
        model.update(copy.deepcopy(rng.choice(states)))
    return kind


def ask(command, home=".zpl"):
    done = subprocess.run(["zpl"] + command + ["--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, ZPL_TRACE="1", ZPL_HOME=os.path.abspath(home)))
    if done.returncode != 0:
        wrong("%s ended with %d: %s" % (command, done.returncode, done.stderr))
    return json.loads(done.stdout), done.stderr


def tells(run):
    return [(s["name"], s["key"], sorted((n, o.get("digest")) for n, o in s["outputs"].items()), s.get("file"), s["line"])
            for s in run["steps"]]


def wrong(what):
    print("seed %s, edit %d (%s): %s" % (sys.argv[1], len(states), kind, what))
    for model in states[-1:] + [state]:
        print(model, "\n".join(lines(model, "main") + ["----"] + lines(model, "lib")), sep="\n")
    sys.exit(1)


os.makedirs("lib")
os.makedirs("few")
kind = "first"
for _ in range(int(sys.argv[2])):
    write(state)
    plan, _ = ask(["plan", "p.zpl"])
    run, trace = ask(["run", "p.zpl"])
    key = json.dumps(state)
    if key not in fresh:
        fresh[key] = tells(ask(["run", "p.zpl"], "fresh")[0])
        shutil.rmtree("fresh")
    if tells(run) != fresh[key]:
        wrong("a run tells\n%s, in a new store\n%s\n%s" % (tells(run), fresh[key], trace))
    if [(s["name"], s.get("file"), s["line"]) for s in plan["steps"]] != [(t[0], t[3], t[4]) for t in fresh[key]]:
        wrong("the plan tells other places: %s" % plan)
    recalled += "of the graph: recalled" in trace
    told[run["run"]] = tells(run)
    number = rng.choice(list(told))
    if tells(ask(["show", str(number)])[0]) != told[number]:
        wrong("run %d told\n%s and tells\n%s" % (number, told[number], tells(ask(["show", str(number)])[0])))
    states.append(copy.deepcopy(state))
    kind = edit(state)
print("%d runs of %d programs, %d found by their graph" % (len(told), len(fresh), recalled))
sys.exit(0 if recalled * 5 > len(told) else 1)
