"""cache_property.py - what the cache promises, held against random pipelines and random edits.

    cache_property.py [--seed N] [--pipelines N] [--edits N]      in an empty folder; `zpl` on the path

An edit changes the model of a pipeline (cache_model.py) or only the world around it: the time of a
file, an object of the store.  A pipeline in four has steps in Python, of files that import each other.  After
every edit:
  same      every output of a run in the old store has the digest that a run in a new store gives it
  agree     what the plan calls cached is cached, what it would run runs, with the keys it named
  known     a step that has been done with the same code, params and inputs is cached: comments, layout,
            names, times, places and reverted edits count for nothing
  again     a run right after one that was done does nothing and says the same, whether it is recalled
            (settled.h) or evaluated; so does one after an edit that was taken back
  looked up a run in a copy of the store that has every step looked up, since what steps made is remembered
            there no more (sqlite_made.c), decides the same
  unread    a column that is new, or has other cells, reruns only the steps that can see it
  stands    plan and run tell where each step stands in the text that they were asked about, recalled, found by the
            graph or evaluated; and `zpl show` tells of an earlier run where its steps stood then
A violation is told with the seed, the edit and both texts, and ends with 1."""
import argparse
import collections
import contextlib
import copy
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

from cache_model import (INT, MODEL_EDITS, PYTHON_EDITS, add_column, add_comment, change_cell, file_text,
                         meaning, module_text, new_model, program, reached)


class Wrong(Exception):
    """A promise that was not kept."""


class Walk:
    """One pipeline, its folder, its store, and what is known of the store."""

    def __init__(self, rng, folder, python):
        self.rng, self.folder = rng, folder
        self.model = new_model(rng, python)
        self.states = []        # models before
        self.done = set()       # meanings that the store holds
        self.fresh = {}         # text and content -> what a new store gave
        self.recalled = 0       # runs that were over without evaluating the program
        self.moved = 0          # runs that were over without a plan, of steps that stood elsewhere before
        self.stood = {}         # number of a run -> where its steps stood
        self.settled = set()    # ids of the statements that were done last time
        self.before = None      # program before the edit
        os.makedirs(folder + "/steps")

    def path(self, name):
        return os.path.join(os.path.abspath(self.folder), name)

    def write(self):
        """Makes the folder what the model says; files that are right are left alone."""
        wanted = {f["name"]: file_text(f) for f in self.model.files.values()}
        wanted.update({"steps/%s.py" % m["name"]: module_text(self.model, m)
                       for m in self.model.modules.values()})
        wanted["walk.zpl"] = program(self.model)
        for name in os.listdir(self.folder) + ["steps/" + n for n in os.listdir(self.path("steps"))]:
            if name.endswith((".csv", ".py")) and name not in wanted:
                os.unlink(self.path(name))
        for name, text in wanted.items():
            try:
                with open(self.path(name)) as f:
                    if f.read() == text:
                        continue
            except FileNotFoundError:
                pass
            with open(self.path(name), "w") as f:
                f.write(text)
        return wanted

    def touch(self):
        name = self.rng.choice([f["name"] for f in self.model.files.values()])
        os.utime(self.path(name), (1e9, self.rng.randrange(10 ** 9)))
        return "time of %s" % name

    def change_behind(self):
        """Another content of the same size at the same time stamp, of a file old enough that its digest
        is remembered."""
        file = self.rng.choice(list(self.model.files.values()))
        column = self.rng.choice([c for c in file["columns"] if c[1] == INT])
        places = [i for i, v in enumerate(column[2]) if v is not None and 10 <= v < 90]
        if not places:
            return None
        before = os.stat(self.path(file["name"]))
        time.sleep(max(0, 2.2 - (time.time() - before.st_ctime)))
        self.finish(self.start("plan"), "plan")
        column[2][self.rng.choice(places)] = self.rng.randrange(10, 90)
        self.write()
        os.utime(self.path(file["name"]), ns=(before.st_atime_ns, before.st_mtime_ns))
        return "a cell of %s behind its time stamp" % file["name"]

    def lose(self):
        """An object of the store is gone: nothing is known of it any more."""
        found = [os.path.join(d, f) for d, _, files in os.walk(self.path(".zpl/objects")) for f in files]
        if not found:
            return None
        os.chmod(os.path.dirname(sorted(found)[0]), 0o700)
        path = self.rng.choice(sorted(found))
        os.chmod(os.path.dirname(path), 0o700)
        os.unlink(path)
        self.done.clear()
        return "an object is gone"

    def revert(self):
        if not self.states:
            return None
        self.model = copy.deepcopy(self.rng.choice(self.states))
        return "back to an earlier state"

    def start(self, command, home=None):
        line = ["zpl", command, "walk.zpl", "--json"]
        if command == "run":
            line += ["--jobs", "1" if home else "2"]
        for name, value in self.model.given.items():
            line += ["--" + name, str(value)]
        # This very interpreter: what leads to one, where python3 is a script, takes its time.
        path = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
        env = dict(os.environ, ZPL_TRACE="1", PATH=path)
        if home:
            env["ZPL_HOME"] = home
        return subprocess.Popen(line, cwd=self.folder, env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def start_looking_up(self):
        """A run in a copy of the store without what is remembered of steps."""
        home = self.path("copy")
        shutil.copytree(self.path(".zpl"), home)
        with contextlib.closing(sqlite3.connect(os.path.join(home, "zpl.db"))) as db, db:
            db.execute("DELETE FROM memo WHERE space IN ('made', 'settled')")
        return self.start("run", home)

    def finish(self, process, what):
        out, err = process.communicate(timeout=120)
        self.recalled += "trace: recalled" in err
        try:
            told = json.loads(out)
            steps = told["steps"]
        except (ValueError, KeyError):
            raise Wrong("%s ended with %d: %s" % (what, process.returncode, err))
        if process.returncode not in (0, 1) or len(steps) != len(self.model.statements):
            raise Wrong("%s ended with %d and %d steps: %s"
                        % (what, process.returncode, len(steps), err))
        self.stands(what, steps)
        if what in ("run", "the run after it"):
            if "trace of the graph: recalled" in err:
                self.moved += places(steps) != self.stood.get(told["run"] - 1)
            self.stood[told["run"]] = places(steps)
        return steps

    def stands(self, what, steps):
        """Every step at the line on which the program calls it."""
        text = program(self.model).split("\n")
        for s, step in zip(self.model.statements, steps):
            called = "local %s = " % ", ".join(self.model.names[v] for v in s["out"])
            if not text[step["line"] - 1].startswith(called) or "file" in step:
                raise Wrong("%s: '%s' does not stand on line %s" % (what, called, step["line"]))

    def remembers(self):
        """What an earlier run says of itself now."""
        run = self.rng.choice(list(self.stood))
        told = subprocess.run(["zpl", "show", str(run), "--json"], cwd=self.folder, check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        if places(json.loads(told)["steps"]) != self.stood[run]:
            raise Wrong("run %d: its steps stood at %s, and zpl show says\n%s"
                        % (run, self.stood[run], told))

    def check(self, reach=None):
        """Plan, run, run in a new store; `reach` holds the statements that the edit can reach."""
        wanted = self.write()
        state = json.dumps([wanted, self.model.given], sort_keys=True)
        home = self.path("fresh")
        fresh = self.fresh.get(state)
        other = None if fresh else self.start("run", home)
        copied = os.path.exists(self.path(".zpl/zpl.db")) and self.rng.random() < 0.5
        bare = self.start_looking_up() if copied else None
        plan = self.finish(self.start("plan"), "plan")
        run = self.finish(self.start("run"), "run")
        if self.rng.random() < 0.5:
            self.again(run, self.finish(self.start("run"), "the run after it"))
        if other:
            fresh = self.fresh[state] = self.finish(other, "the run in a new store")
            remove(home)
        keys = collections.Counter(s["key"] for s in run)
        if bare:
            self.looked_up(run, self.finish(bare, "the run that looks steps up"), keys)
            remove(self.path("copy"))
        digests = {}
        for s, p, r, f in zip(self.model.statements, plan, run, fresh):
            words = "%s %s" % (s["kind"], ", ".join(self.model.names[v] for v in s["out"]))
            self.same(words, r, f)
            self.agree(words, p, r, keys)
            if r["status"] not in ("ran", "cached"):
                continue
            sense = meaning(self.model, s, digests)
            for v, o in zip(s["out"], statement_outputs(s, r)):
                digests[v] = o["digest"]
            if r["status"] == "ran" and sense in self.done and keys[r["key"]] == 1:
                raise Wrong("%s is known, and ran: %s" % (words, r["why"]))
            if reach and r["status"] == "ran" and s["id"] in self.settled - reach:
                raise Wrong("%s can not see what changed, and ran: %s" % (words, r["why"]))
            self.done.add(sense)
        self.remembers()
        self.settled = {s["id"] for s, r in zip(self.model.statements, run)
                        if r["status"] in ("ran", "cached")}
        return collections.Counter(r["status"] for r in run)

    @staticmethod
    def again(before, after):
        if any(s["status"] not in ("ran", "cached", "skipped") for s in before):
            return
        for b, a in zip(before, after):
            status = "cached" if b["status"] == "ran" else b["status"]
            if (a["status"], a["key"], a["outputs"]) != (status, b["key"], b["outputs"]):
                raise Wrong("a run right after another differs:\n%s\n%s" % (b, a))

    @staticmethod
    def looked_up(run, bare, keys):
        for r, b in zip(run, bare):
            twin = keys[r["key"]] > 1 and {r["status"], b["status"]} == {"ran", "cached"}
            if r["key"] != b["key"] or r["outputs"] != b["outputs"] or \
                    (r["status"] != b["status"] and not twin):
                raise Wrong("a run that looks every step up differs:\n%s\n%s" % (r, b))

    @staticmethod
    def same(words, run, fresh):
        if (run["status"] in ("ran", "cached")) != (fresh["status"] in ("ran", "cached")):
            raise Wrong("%s: %s, in a new store %s" % (words, run, fresh))
        if run["status"] in ("ran", "cached"):
            if run["outputs"] != fresh["outputs"]:
                raise Wrong("%s: wrong hit\n%s\nin a new store\n%s"
                            % (words, run["outputs"], fresh["outputs"]))
            if run["key"] != fresh["key"]:
                raise Wrong("%s: key %s, in a new store %s" % (words, run["key"], fresh["key"]))

    @staticmethod
    def agree(words, plan, run, keys):
        allowed = {"cached": {"cached"}, "would_run": {"ran", "failed"}, "skipped": {"skipped"},
                   "unknown": {"ran", "cached", "failed", "cancelled"}}[plan["status"]]
        if plan["status"] == "would_run" and keys[plan["key"]] > 1:
            allowed = allowed | {"cached"}  # a twin was faster
        if run["status"] not in allowed:
            raise Wrong("%s: plan says %s, run says %s" % (words, plan["status"], run["status"]))
        if plan["key"] is not None and plan["key"] != run["key"]:
            raise Wrong("%s: plan and run have other keys" % words)

    def edit(self):
        """One edit; returns what was done in words, and the statements it can reach when it is known."""
        before = copy.deepcopy(self.model)
        self.before = program(before)
        while True:
            edits = MODEL_EDITS + PYTHON_EDITS * 2 if self.model.modules else MODEL_EDITS
            act = self.rng.choice(edits + [self.touch, self.lose] + [self.change_behind] * 2 +
                                  [self.revert, add_comment] * 3)
            words = act(self.model, self.rng) if act in MODEL_EDITS + PYTHON_EDITS else act()
            if words is not None:
                break
        self.states.append(before)
        reach = None
        if act in (add_column, change_cell):
            file = [f for f, v in self.model.files.items() if v["name"] == words.split()[-1]][0]
            column = words.split()[words.split().index("column") + 1]
            reach = reached(self.model, file, column)
        return words, reach


def places(steps):
    return [(s["name"], s.get("file"), s["line"]) for s in steps]


def remove(folder):
    subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
    shutil.rmtree(folder)


def statement_outputs(s, step):
    """A step's outputs in the order of the statement's variables."""
    order = {"split": ["train", "test"]}.get(s["kind"], list(step["outputs"]))
    return [step["outputs"][name] for name in order]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    parser.add_argument("--pipelines", type=int, default=5)
    parser.add_argument("--edits", type=int, default=13)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    print("seed %d, %d pipelines, %d edits each" % (options.seed, options.pipelines, options.edits), flush=True)
    total = collections.Counter()
    recalled = moved = 0
    for number in range(options.pipelines):
        walk = Walk(random.Random("%d/%d" % (options.seed, number)), "walk%d" % number, number % 4 == 1)
        words, reach = "the first run", None
        for edit in range(options.edits + 1):
            try:
                if edit > 0:
                    words, reach = walk.edit()
                counts = walk.check(reach)
                if options.verbose:
                    print(number, edit, words, dict(counts), flush=True)
                total.update(counts)
            except Wrong as wrong:
                print("\npipeline %d, edit %d: %s\n%s" % (number, edit, words, wrong))
                print("\nbefore:\n%s\nnow %s:\n%s" % (walk.before, walk.model.given, program(walk.model)))
                print("again: cache_property.py --seed %d" % options.seed)
                return 1
        recalled += walk.recalled
        moved += walk.moved
    print("%d edits: %s, %d runs recalled, %d of moved steps"
          % (options.pipelines * options.edits, dict(total), recalled, moved))
    # a walk that only ran or only hit has shown nothing
    return 0 if total["ran"] and total["cached"] > total["failed"] and recalled and moved else 1


if __name__ == "__main__":
    sys.exit(main())
