#!/bin/sh
# cudaless.sh - makes a PyTorch for CUDA go on a machine that has neither a GPU nor NVIDIA's gigabytes: what its libraries ask
# of those that are not installed is put beside them as empty libraries, with every name and version that is asked for.
# Nothing of these is ever called, as there is no GPU.
#     cudaless.sh SITE-PACKAGES
set -eu
site=$1
torch=$site/torch/lib
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
there=$(ls "$site"/nvidia/*/lib)
libraries=$(ls "$torch"/libtorch*.so "$torch"/libc10*.so "$torch"/libcaffe2*.so "$torch"/libshm.so)
# "LIBRARY" and "LIBRARY VERSION" of what is needed.
for library in $libraries; do readelf -dVW "$library"; done | awk '
    /NEEDED.*\[lib(cu|nv|nccl)/ { sub(/.*\[/, ""); sub(/\].*/, ""); print }
    / File: / { file = ""; for (i = 1; i < NF; i++) if ($i == "File:") file = $(i + 1) }
    / Name: / && file ~ /^lib(cu|nv|nccl)/ { for (i = 1; i < NF; i++) if ($i == "Name:") print file, $(i + 1) }' |
    sort -u >"$tmp/needs"
# Names that are asked for with a version, and those without that nobody has.
# shellcheck disable=SC2086
nm -D --undefined-only $libraries | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u >"$tmp/wanted"
# shellcheck disable=SC2086
nm -D --defined-only $libraries "$site"/nvidia/*/lib/*.so* 2>/dev/null |
    awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u >"$tmp/defined"
sed -n 's/@@*/ /p' "$tmp/wanted" >"$tmp/versioned"
grep -v @ "$tmp/wanted" | grep -E '^(__)?(cu|nv|nccl)' | comm -23 - "$tmp/defined" >"$tmp/bare"
for library in $(awk '{ print $1 }' "$tmp/needs" | sort -u); do
    case " $(echo $there) " in *" $library "*) continue ;; esac
    {
        awk -v library="$library" '
            NR == FNR { if ($1 == library && NF > 1) version[$2] = 1; next }
            $2 in version { print $2, $1 }
            END { for (v in version) print v, "zpl_empty" }' "$tmp/needs" "$tmp/versioned"
        sed 's/^/ZPL /' "$tmp/bare"
    } | sort -u >"$tmp/names"
    awk '$1 != last { if (last) print "};"; print $1 " {"; last = $1 } { print "  " $2 ";" } END { print "};" }' \
        "$tmp/names" >"$tmp/map"
    awk '!seen[$2]++ { print "int " $2 ";" }' "$tmp/names" |
        gcc -fno-builtin -shared -fPIC -x c - -o "$torch/$library" -Wl,-soname,"$library" -Wl,--version-script="$tmp/map"
done
