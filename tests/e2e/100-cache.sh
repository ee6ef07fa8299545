# What the cache promises, after every one of 60 random edits of random pipelines: it never gives what
# a new store would not give, the plan says what the run does, and what must not count does not.
#     CACHE_EDITS=n   that many edits (100 s a hundred)     CACHE_SEED=n   other pipelines and edits
# A longer walk: CACHE_EDITS=1000 CACHE_SEED=$RANDOM make test T=100-cache.    Time limit: 3600 s
. "$ROOT/tests/lib.sh"
need python3

PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/e2e/cache_property.py" \
    --seed "${CACHE_SEED:-1}" --pipelines $(((${CACHE_EDITS:-60} + 14) / 15)) --edits 15
