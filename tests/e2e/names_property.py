"""names_property.py - what artifact.write and artifact.read promise, held against random runs.

    names_property.py [--seed N] [--steps N]      in an empty folder; `zpl` on the path

Programs that write values under names, that read them, and that do both are run in random order, some
end by a failure, some two at a time.  A model says what stands under each name: what was written last by
a run that is done.  After every run
  read      a reader has the value that stood there when it was planned, or that of no writer
  plan      the plan says of every step what the run then does
  again     a run right after one that was done does nothing and says the same, recalled or evaluated
  least     what uses a value that was read runs only when it has not been used before
A violation is told with the seed and ends with 1."""
import argparse
import json
import os
import random
import subprocess
import sys
import time

NAMES = ["alpha", "team/beta", "team/gamma-1", "d.e/f"]
KINDS = {"alpha": "Report { v = Int }", "team/beta": "Table { v = Int, w = String }",
         "team/gamma-1": "Table { v = Int, ... }", "d.e/f": "List(Int)"}
MAKE = {"alpha": '"(v: Int) -> (x: Report {v: Int})", lua = function (t) return { v = t.v } end',
        "team/beta": '"(v: Int) -> (x: Table {v: Int, w: String})", '
                     'lua = function (t) return { v = { t.v, 1 }, w = { "a", "b" } } end',
        "team/gamma-1": '"(v: Int) -> (x: Table {v: Int, z: Float})", '
                        'lua = function (t) return { v = { t.v }, z = { 0.5 } } end',
        "d.e/f": '"(v: Int) -> (x: List(Int))", lua = function (t) return { t.v, t.v } end'}
USE = {"alpha": '"(x: Report {v: Int}) -> (v: Report {v: Int})", lua = function (t) return { v = t.x.v } end',
       "team/beta": '"(x: Table {v: Int}) -> (v: Report {v: Int})", lua = function (t) return { v = t.x.v[1] } end',
       "team/gamma-1": '"(x: Table {v: Int}) -> (v: Report {v: Int})", lua = function (t) return { v = t.x.v[1] } end',
       "d.e/f": '"(x: List(Int)) -> (v: Report {v: Int})", lua = function (t) return { v = t.x[1] } end'}
NAP = ('local nap = step "nap" { signature = "(s: String, at: Int) -> (out: Json)", '
       'command = { "sh", "nap.sh", "$out", "$s", "$at" }, cache = false }\n'
       'local slept = nap { p.nap, at = p.at, as = "nap" }\n')
BOOM = ('local boom = step "boom" { signature = "(s: Json, at: Int) -> (v: Report {v: Int})", '
        'lua = function (t) error("boom") end, cache = false }\n'
        'if p.boom then boom { slept, at = p.at, as = "boom", after = written } end\n')


class Wrong(Exception):
    """A promise that was not kept."""


def program(reads, writes, relays, slow):
    """Text of a program: what it reads, writes, and reads, adds one to and writes."""
    text = 'local p = params { v = 0, at = 0, boom = false, nap = "0" }\nlocal written, slept = {}, nil\n'
    if slow:
        text += NAP.replace("local slept", "slept")
    for i, name in enumerate(reads + relays):
        text += 'local r%d = artifact.read { "%s", type = %s, as = "read %d" }\n' % (i, name, KINDS[name], i)
        text += 'local use%d = step "use%d" { signature = %s }\n' % (i, i, USE[name])
        after = ", after = { slept }" if slow and i < len(reads) else ""
        text += 'local u%d = use%d { r%d, as = "use %d"%s }\n' % (i, i, i, i, after)
    for i, name in enumerate(writes + relays):
        text += 'local make%d = step "make%d" { signature = %s }\n' % (i, i, MAKE[name])
        value = "p.v + %d" % i
        if i >= len(writes):
            k = len(reads) + i - len(writes)
            text += ('local add%d = step "add%d" { signature = "(v: Int) -> (v: Report {v: Int})", '
                     'lua = function (t) return { v = t.v + 1 } end }\n' % (i, i))
            value = "add%d { coalesce(u%d.v, -1), as = 'add %d' }.v" % (i, k, i)
        text += 'local x%d = make%d { %s, as = "make %d" }\n' % (i, i, value, i)
        text += 'artifact.write { x%d, "%s", as = "write %d" }\n' % (i, name, i)
        text += 'written[%d] = x%d\n' % (i + 1, i)
    return text + (BOOM if slow else "")


class Walk:
    def __init__(self, rng):
        self.rng = rng
        self.stands = {}  # name -> value, as done runs left it
        self.used = set()
        self.recalled = self.evaluated = 0
        self.count = 0
        self.before = []  # programs that ran, and what they were given
        self.programs = []
        with open("nap.sh", "w") as f:
            f.write('sleep "$2"; echo "$3" >"$1"\n')
        for i in range(8):
            names = rng.sample(NAMES, rng.randrange(1, len(NAMES) + 1))
            cut = sorted(rng.randrange(len(names) + 1) for _ in range(2))
            cut[1] = len(names) if i < 3 else cut[1]  # those can settle
            parts = {"reads": names[:cut[0]], "writes": names[cut[0]:cut[1]], "relays": names[cut[1]:]}
            parts["slow"] = i >= 5
            parts["file"] = "p%d.zpl" % i
            with open(parts["file"], "w") as f:
                f.write(program(parts["reads"], parts["writes"], parts["relays"], parts["slow"]))
            self.programs.append(parts)

    def start(self, command, parts, given):
        line = ["zpl", command, parts["file"], "--json"]
        for name, value in given.items():
            line += ["--" + name, str(value)]
        return subprocess.Popen(line, env=dict(os.environ, ZPL_TRACE="1"), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process, code=0):
        out, err = process.communicate(timeout=60)
        if process.returncode != code:
            raise Wrong("it ended with %d, not %d: %s" % (process.returncode, code, err))
        self.recalled += "trace: recalled" in err
        self.evaluated += "trace: evaluated" in err
        return {s["name"]: s for s in json.loads(out)["steps"]}

    def expect(self, parts, steps, seen, alone=True):
        """Holds what was read to what stood there when the run was planned; `alone`: no other run went on."""
        for i, name in enumerate(parts["reads"] + parts["relays"]):
            read, use = steps["read %d" % i], steps["use %d" % i]
            if name not in seen:
                if (read["status"], use["status"]) != ("skipped", "skipped"):
                    raise Wrong("nobody wrote %s: %s %s" % (name, read, use))
                continue
            if read["status"] != "cached" or use["status"] not in ("ran", "cached"):
                raise Wrong("%s was written: %s %s" % (name, read, use))
            if use["outputs"]["v"]["value"]["v"] != seen[name]:
                raise Wrong("%s is %d, read was %s" % (name, seen[name], use))
            if alone and use["status"] == "ran" and use["key"] in self.used:
                raise Wrong("this was used before: %s" % use)
            self.used.add(use["key"])

    def writes(self, parts, given, seen):
        """What a run of the program writes."""
        made = {name: given["v"] + i for i, name in enumerate(parts["writes"])}
        made.update({name: seen.get(name, -1) + 1 for name in parts["relays"]})
        return made

    def given(self, parts, **more):
        self.count += 1
        given = dict({"v": self.rng.randrange(4)}, **more)
        if parts["slow"]:
            given["at"] = self.count
        return given

    def run(self):
        """One run, after its plan; then once more."""
        parts = self.rng.choice(self.programs)
        boom = parts["slow"] and self.rng.random() < 0.5
        given = self.given(parts, **({"boom": "true"} if boom else {}))
        if self.before and self.rng.random() < 0.5:  # one that may be recalled
            (parts, given), boom = self.rng.choice(self.before), False
        elif not parts["slow"]:
            self.before.append((parts, given))
        seen = dict(self.stands)
        plan = self.finish(self.start("plan", parts, given))
        steps = self.finish(self.start("run", parts, given), 1 if boom else 0)
        for name, step in steps.items():
            says = plan[name]["status"]
            if says in ("cached", "skipped") and step["status"] != says:
                raise Wrong("plan says %s, run %s" % (plan[name], step))
        self.expect(parts, steps, seen)
        if boom:
            return "%s failed" % parts["file"]
        self.stands.update(self.writes(parts, given, seen))
        if not parts["relays"] and not parts["slow"]:
            self.again(parts, given, steps)
        return "%s %s" % (parts["file"], given)

    def again(self, parts, given, before):
        """What was read may be what the run itself wrote, never here: no name is both."""
        plan = self.finish(self.start("plan", parts, given))
        for _ in range(self.rng.randrange(1, 3)):
            after = self.finish(self.start("run", parts, given))
            for name, step in after.items():
                status = "cached" if before[name]["status"] == "ran" else before[name]["status"]
                if (step["status"], step["key"], step["outputs"]) != (status, before[name]["key"], before[name]["outputs"]):
                    raise Wrong("the run after differs:\n%s\n%s" % (before[name], step))
                if [step[k] for k in ("status", "key", "why", "outputs")] != [plan[name][k] for k in ("status", "key", "why", "outputs")]:
                    raise Wrong("plan and run differ:\n%s\n%s" % (plan[name], step))

    def overlap(self):
        """A slow run that is planned and has written before others run, and is done after them: it read
        what stood there before, and what others wrote later stays."""
        slow = self.rng.choice([p for p in self.programs if p["slow"]])
        given = self.given(slow, nap="1.5")
        seen = dict(self.stands)
        process = self.start("run", slow, given)
        made = self.writes(slow, given, seen)
        until = time.time() + 20
        while subprocess.run(["sqlite3", "-cmd", ".timeout 5000", ".zpl/zpl.db",
                              "SELECT count(*) FROM runs r WHERE r.status = 'running' AND %d = (SELECT count(*) "
                              "FROM names n JOIN steps s ON s.id = n.step WHERE s.run = r.id)" % self.pending(made)],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip() != "1":
            if process.poll() is not None or time.time() > until:
                raise Wrong("the slow run did not get so far: %s" % (process.communicate(),))
            time.sleep(0.02)
        others = {}
        for _ in range(2):
            parts = self.rng.choice([p for p in self.programs if not p["slow"]])
            more = self.given(parts)
            steps = self.finish(self.start("run", parts, more))
            self.expect(parts, steps, self.stands)
            wrote = self.writes(parts, more, self.stands)
            others.update({n: v for n, v in wrote.items()
                           if any(s["status"] == "ran" and s["name"].startswith("write") and
                                  (parts["writes"] + parts["relays"])[int(s["name"][6:])] == n
                                  for s in steps.values())})
            self.stands.update(wrote)
        if process.poll() is not None:
            raise Wrong("the slow run was too fast: the test tests nothing")
        steps = self.finish(process)
        self.expect(slow, steps, seen, alone=False)
        wrote = {n for i, n in enumerate(slow["writes"] + slow["relays"])
                 if steps["write %d" % i]["status"] == "ran"}
        self.stands.update({n: v for n, v in made.items() if n in wrote and n not in others})
        return "%s while others ran" % slow["file"]

    def pending(self, made):
        """How many names the run will write: those under which something else stands."""
        return sum(self.stands.get(n) != v for n, v in made.items())

    def gc(self):
        subprocess.run(["zpl", "gc", "--keep", "1"], check=True, stdout=subprocess.DEVNULL)
        self.used.clear()  # what is gone is made again
        return "gc"

    def step(self):
        r = self.rng.random()
        return self.gc() if r < 0.08 and self.count else self.overlap() if r < 0.25 else self.run()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    walk = Walk(random.Random(options.seed))
    told = []
    try:
        for _ in range(options.steps):
            told.append(walk.step())
    except Wrong as wrong:
        print("seed %d, step %d\n%s\n%s" % (options.seed, len(told), "\n".join(told[-12:]), wrong))
        return 1
    print("%d steps: %d runs recalled, %d evaluated; %s" % (len(told), walk.recalled, walk.evaluated, walk.stands))
    return 0 if walk.recalled and walk.evaluated else 1


sys.exit(main())
