# The files that a step in Python counts are those that Python imports, on random projects.
# Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3

expect 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/e2e/python_closure_property.py" --trees 12 --seed 1
contains out "12 trees"
