#!/bin/sh
# fuzz.sh - looks for inputs that break a target, one target after the other.
#     fuzz.sh FOLDER SECONDS      FOLDER: the targets, linked with libFuzzer
# New inputs go to build/fuzz-corpus/; what broke a target is copied to tests/fuzz/corpus/, where every
# `make test` replays it.
set -eu
cd "$(dirname "$0")/.."
bad=0
for program in "$1"/fuzz_*; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    name=${name#fuzz_}
    found=build/fuzz-corpus/$name
    mkdir -p "$found" "tests/fuzz/corpus/$name" build/fuzz-crashes
    echo "fuzz: $name for $2 s"
    if ! "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz-crashes/$name-" "$found" "tests/fuzz/corpus/$name" \
        >"build/fuzz-crashes/$name.log" 2>&1; then
        tail -n 40 "build/fuzz-crashes/$name.log"
        for input in build/fuzz-crashes/"$name"-*; do
            [ ! -f "$input" ] || mv "$input" "tests/fuzz/corpus/$name/"
        done
        bad=1
    fi
done
exit $bad
