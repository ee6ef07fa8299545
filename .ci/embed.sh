#!/bin/sh
# embed.sh - a file as a C array with a NUL after its bytes, on standard output.
#     embed.sh NAME [FILE]      static const char NAME[]; static const size_t NAME_len;
# Without a file the text is empty.
set -eu
echo "/* Made by .ci/embed.sh${2:+ from $2}. */"
echo "#include <stddef.h>"
echo "static const char $1[] = {"
[ -z "${2:-}" ] || od -An -v -tu1 "$2" | sed 's/ *\([0-9][0-9]*\)/ (char)\1,/g'
echo " 0};"
echo "static const size_t $1_len = sizeof $1 - 1;"
