"""python_closure_property.py - the files that a step in Python counts, held against those that Python imports.

    python_closure_property.py [--seed N] [--trees N]      in an empty folder; `zpl` on the path

Each tree is a project with packages, folders without __init__.py, modules beside the step's file and names of
Python's own, that import each other at random, in circles too.  Python imports the step's file as zpl does;
the files of the project that it loaded are those that `zpl plan` reads.  (What is imported gets no name: a
name in a package that one of its modules has too stands for it, and only a run can tell.)  A violation is told with the seed and ends with 1."""
import argparse
import json
import os
import random
import subprocess
import sys

ORACLE = r"""
import importlib, importlib.util, os, sys
root, entry = sys.argv[1:]
place = os.path.dirname(os.path.join(root, entry))
sys.path[:] = ([root] if place == root else [place, root]) + [p for p in sys.path if p and "closure" not in p]
parts, up = [os.path.splitext(os.path.basename(entry))[0]], os.path.dirname(entry)
while up and os.path.isfile(os.path.join(root, up, "__init__.py")):
    parts.insert(0, os.path.basename(up))
    up = os.path.dirname(up)
if len(parts) > 1 and not up:
    importlib.import_module(".".join(parts))
else:
    spec = importlib.util.spec_from_file_location(parts[-1], os.path.join(root, entry))
    module = importlib.util.module_from_spec(spec)
    sys.modules[parts[-1]] = module
    spec.loader.exec_module(module)
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None)
    if file and os.path.realpath(file).startswith(root + os.sep):
        print("file", os.path.realpath(file)[len(root) + 1:])
"""
NAMES = ["a", "b", "c", "data", "util", "colorsys", "wave"]  # the last two are Python's own


class Tree:
    """A project's files, as the modules that can be imported are called."""

    def __init__(self, rng):
        self.rng = rng
        self.files = {}  # path: text
        self.modules = []  # (dotted name from the root, path, in a whole package)
        self.folder("", "", True, 0)
        self.entry = rng.choice(["train.py", "steps/train.py", "steps/train.py"])
        if self.entry != "train.py":
            for name in rng.sample(NAMES, 2):
                self.files["steps/%s.py" % name] = ""
        if self.entry != "train.py" and rng.random() < 0.3:
            self.files["steps/__init__.py"] = ""
        self.files[self.entry] = ""
        for path in sorted(self.files):
            self.files[path] = self.text(path)

    def folder(self, path, dotted, whole, depth):
        for name in self.rng.sample(NAMES, self.rng.randint(2, 4)):
            here = path + name
            if depth < 2 and self.rng.random() < 0.5:
                package = self.rng.random() < 0.7
                if package:
                    self.files[here + "/__init__.py"] = ""
                self.modules.append((dotted + name, here + "/__init__.py", whole and package))
                self.folder(here + "/", dotted + name + ".", whole and package, depth + 1)
            else:
                self.files[here + ".py"] = ""
                self.modules.append((dotted + name, here + ".py", whole))

    def package_of(self, path):
        """The parts of the package that a file is in, when all folders above it are packages."""
        folder = os.path.dirname(path)
        parts = folder.split("/") if folder else []
        whole = all("/".join(parts[: i + 1]) + "/__init__.py" in self.files for i in range(len(parts)))
        return parts if whole and not folder.startswith("steps") else []

    def statement(self, path):
        rng = self.rng
        dotted = rng.choice(self.modules)[0] if rng.random() < 0.9 else rng.choice(["os.path", "wave", "nowhere.at.all"])
        head, _, tail = dotted.rpartition(".")
        parts = self.package_of(path)
        kind = rng.random()
        if parts and kind < 0.35:
            level = rng.randint(1, len(parts))
            beside = ".".join(parts[: len(parts) - level + 1]) + "."
            below = [m[0][len(beside):] for m in self.modules if m[0].startswith(beside)]
            if below:
                one = rng.choice(below)
                base, _, name = one.rpartition(".")
                return "from %s%s import %s" % ("." * level, base, name)
        if kind < 0.5 and head:
            return "from %s import %s" % (head, tail)
        if kind < 0.6:
            return "from %s import something" % dotted
        return "import %s" % dotted

    def text(self, path):
        lines = ["NAME = %r" % path]
        for _ in range(self.rng.randint(0, 3)):
            lines += ["try:", "    %s as _" % self.statement(path), "except ImportError:", "    pass"]
        if path == self.entry:
            lines += ["def train(a: int) -> int:", "    return a"]
        return "\n".join(lines) + "\n"


def one(seed, folder):
    tree = Tree(random.Random(seed))
    for path, text in tree.files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(text)
    with open(os.path.join(folder, "p.zpl"), "w") as f:
        f.write('return { x = step "t" { python = "%s:train" } { a = 1 } }\n' % tree.entry)
    said = subprocess.run([sys.executable, "-B", "-c", ORACLE, folder, tree.entry], capture_output=True, text=True)
    if said.returncode:
        return "the oracle failed: " + said.stderr
    wanted = {line.split(" ", 1)[1] for line in said.stdout.splitlines() if line.startswith("file ")}
    wanted.add(tree.entry)
    plan = subprocess.run(["zpl", "plan", "p.zpl", "--json"], cwd=folder, capture_output=True, text=True)
    if plan.returncode:
        return "zpl plan: " + plan.stderr + plan.stdout
    got = set(json.loads(plan.stdout)["touches"]["reads"])
    if wanted - got:
        return "not seen: %s" % sorted(wanted - got)
    if got - wanted:
        return "not imported: %s" % sorted(got - wanted)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trees", type=int, default=10)
    options = parser.parse_args()
    os.environ["ZPL_HOME"] = os.path.abspath("home")  # what Python said of a text is said once
    for seed in range(options.seed, options.seed + options.trees):
        folder = os.path.realpath("tree%d" % seed)
        os.mkdir(folder)
        wrong = one(seed, folder)
        if wrong:
            print("seed %d: %s" % (seed, wrong))
            return 1
    print("%d trees" % options.trees)
    return 0


if __name__ == "__main__":
    sys.exit(main())
