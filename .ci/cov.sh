#!/bin/sh
# cov.sh - which share of its lines each source was run, the least first.
#     cov.sh FOLDER      the objects that were built with COV=1 and then run
set -eu
find "$1" -name '*.gcda' ! -path '*/tests/*' -print0 | xargs -0 -r gcov -n 2>/dev/null |
    awk '/^File / { split($0, quoted, "\x27"); file = quoted[2] }
         /^Lines executed:/ && file ~ /^(lang|stdlib|stack|vm)\/.*\.c$/ {
             split($0, part, /[:% ]+/)
             lines = part[5]; share = part[3]
             all += lines; run += lines * share / 100
             printf "%6.1f %% of %5d  %s\n", share, lines, file
             file = ""
         }
         END { if (all) printf "%6.1f %% of %5d  all\n", 100 * run / all, all }' | sort -n
