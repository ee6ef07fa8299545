#!/bin/sh
# identity.sh - what makes a built-in kernel the same kernel: writes build/gen/identity.h with
#     #define ZPL_SOURCE_DIGESTS(X) X("stdlib/table/split.c", "<64 hex digits>") ...
# one entry for every stdlib/*/*.c.  A digest covers
#     the file itself and the text of every stdlib/*.h;
#     every project header it includes, directly or not, and the sources beside it
#     (text.h: text.c, text_number.c);
#     the shared files of its folder, and of each stdlib folder it includes from: those that
#     define no ZPL_KERNEL(…), so one kernel's change is not another's;
#     and what these include, in the same way.
# The sources directly in stdlib/ look kernels up and call them; they are part of none.
# Comments, white space and the folding of lines do not count; everything else does, in each of
# these files.  A kernel that may write other bytes so never has its old identity; what is too
# careful costs a step that runs once more after an upgrade of zpl.
# What runs functions of Python is also every file of stdlib/python/zpl/, to the byte; a step of zpl's own
# that is such a function (export.c) is all of that too.
# Not covered, because the catalog adds their versions: DuckDB, XGBoost, Lua.
# The header is rewritten only if it changes.  build/gen/identity/ lists what each digest is made of.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
gen=build/gen
new=$gen/identity.new

rm -rf "$new"
mkdir -p "$new/text" "$new/parts"
find lang stdlib -name '*.[ch]' | sort >"$new/files"

# Each file's text without what does not count, and its includes.
xargs awk -f .ci/strip.awk -f .ci/identity.awk -v text="$new/text/" <"$new/files" >"$new/facts"
(cd "$new/text" && find . -type f -exec sha256sum {} +) |
    sed 's/^\([0-9a-f]*\)  \.\/\(.*\)/digest \2 \1/; s/%/\//g' >>"$new/facts"
# From these, each kernel's list of digests; the digest of that list is the kernel's.
awk -f .ci/closure.awk -v parts="$new/parts/" "$new/facts"
find stdlib/python/zpl -name '*.py' | sort | xargs sha256sum | sed 's/^\([0-9a-f]*\)  \(.*\)/\2 \1/' \
    >>"$new/parts/stdlib%body%python.c"
cat "$new/parts/stdlib%body%python.c" >>"$new/parts/stdlib%body%export.c"
{
    echo "/* identity.h - made by .ci/identity.sh from the sources of the kernels. */"
    echo "#ifndef ZPL_GEN_IDENTITY_H"
    echo "#define ZPL_GEN_IDENTITY_H"
    echo
    printf '#define ZPL_SOURCE_DIGESTS(X)'
    (cd "$new/parts" && find . -type f -exec sha256sum {} +) | sed 's/%/\//g' | sort -k 2 |
        while read -r digest path; do
            printf ' \\\n    X("%s", "%s")' "${path#./}" "$digest"
        done
    printf '\n\n#endif\n'
} >"$new/identity.h"

rm -rf "$gen/identity"
mv "$new/parts" "$gen/identity"
cmp -s "$new/identity.h" "$gen/identity.h" || mv "$new/identity.h" "$gen/identity.h"
rm -rf "$new"
