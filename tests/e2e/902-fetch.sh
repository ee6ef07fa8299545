# Fetching pinned files: what is not the pinned file is refused, what was interrupted is repeated, what
# is there is not fetched again.  npm and pip are played by scripts, so no registry is asked.
. "$ROOT/tests/lib.sh"

mkdir -p project/.ci bin made/package/data made/package/src/duckdb/src/include
cp "$ROOT/.ci/fetch.sh" project/.ci/
unset DUCKDB_DIR XGBOOST_DIR ONNXRUNTIME_DIR

# One archive of each kind, and the pins that fit them.
echo lib >made/package/libduckdb.so
echo licence >made/package/LICENSE
echo header >made/package/src/duckdb/src/include/duckdb.h
echo flights >made/package/data/flights-3m.parquet
echo penguins >made/package/data/penguins.json
tar -czf npm.tgz -C made package
python3 - <<'P'
import zipfile
with zipfile.ZipFile("wheel.whl", "w") as z:
    z.writestr("xgboost/VERSION", "3\n")
    z.writestr("xgboost/lib/libxgboost.so", "xgboost\n")
    z.writestr("onnxruntime/capi/libonnxruntime.so.1.32.0", "onnxruntime\n")
    z.writestr("onnxruntime/LICENSE", "licence\n")
    z.writestr("xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0", "gomp\n")
P
digest() { sha256sum | cut -d ' ' -f 1; }
awk '{ print $2 }' "$ROOT/.ci/deps.sha256" | while read -r name; do
    case $name in
    *==*) d=$(digest <wheel.whl) ;;
    *@*) d=$(digest <npm.tgz) ;;
    duckdb/duckdb.h) d=$(echo header | digest) ;;
    duckdb/*) d=$(echo lib | digest) ;;
    data/flights*) d=$(echo flights | digest) ;;
    data/penguins*) d=$(echo penguins | digest) ;;
    onnxruntime/*) d=$(echo onnxruntime | digest) ;;
    *libgomp*) d=$(echo gomp | digest) ;;
    *) d=$(echo xgboost | digest) ;;
    esac
    echo "$d  $name"
done >project/.ci/deps.sha256
cp project/.ci/deps.sha256 pins

cat >bin/npm <<S
#!/bin/sh
echo "npm \$*" >>"$TMP/asked"
[ ! -e "$TMP/offline" ] || { echo "connection refused" >&2; exit 1; }
[ ! -e "$TMP/slow" ] || sleep 20
cp "$TMP/npm.tgz" made.tgz
S
cat >bin/python3 <<S
#!/bin/sh
case "\$*" in
"-m pip download "*)
    echo "pip \$*" >>"$TMP/asked"
    while [ "\$1" != --dest ]; do shift; done
    cp "$TMP/wheel.whl" "\$2" ;;
"-m pip "*) ;;
*) exec $(command -v python3) "\$@" ;;
esac
S
chmod +x bin/npm bin/python3
export PATH="$TMP/bin:$PATH"
fetch=project/.ci/fetch.sh
deps=project/build/deps
mkdir -p project/examples/delays

# Interrupted: nothing half-filled stands in the place of a folder.
touch slow
timeout -s KILL 1 "$fetch" >/dev/null 2>&1 || true
[ ! -e $deps/duckdb ] || fail "an interrupted fetch left a folder"
rm slow

# Offline: says what could not be had, in its client's words too.
touch offline
expect 1 "$fetch"
contains err "connection refused"
contains err "npm could not fetch @duckdb/node-bindings-linux-x64@"
rm offline

# Wrong archive, wrong file: named, with both digests, and nothing is put in place.
zeros=$(printf '%064d' 0)
sed "/ duckdb@/s/^[0-9a-f]*/$zeros/" pins >project/.ci/deps.sha256
expect 1 "$fetch"
contains err "duckdb@1.4.4 is not the file that is pinned"
contains err "expected SHA-256 $zeros"
contains err "got      SHA-256 $(digest <npm.tgz)"
[ ! -e $deps/duckdb ] || fail "a wrong archive was used"
sed "/libxgboost/s/^[0-9a-f]*/$zeros/" pins >project/.ci/deps.sha256
expect 1 "$fetch"
contains err "xgboost/xgboost/lib/libxgboost.so is not the file that is pinned"
[ ! -e $deps/xgboost ] || fail "a wrong file was used"

# Right: complete, the example has its data, no litter, and a second call asks nobody.
cp pins project/.ci/deps.sha256
expect 0 "$fetch"
equal "$(cat $deps/duckdb/libduckdb.so $deps/duckdb/duckdb.h)" "lib
header"
equal "$(cat $deps/xgboost/xgboost/lib/libxgboost.so)" xgboost
equal "$(cat project/examples/delays/data/flights-3m.parquet)" flights
equal "$(find $deps -name '.new*')" "" "what is left of the interrupted fetch"
rm asked
expect 0 "$fetch"
[ ! -e asked ] || fail "what is there was fetched again: $(cat asked)"

# Another pin: that folder alone is fetched again.
echo flights2 >made/package/data/flights-3m.parquet
tar -czf npm.tgz -C made package
sed -e "/vega/s/^[0-9a-f]*/$(digest <npm.tgz)/" \
    -e "/flights/s/^[0-9a-f]*/$(echo flights2 | digest)/" pins >project/.ci/deps.sha256
expect 0 "$fetch"
equal "$(wc -l <asked)" 1 "the number of packages asked for"
equal "$(cat project/examples/delays/data/flights-3m.parquet)" flights2

# Own copies: used as they are; one that is not complete is an error.
rm -rf $deps/duckdb asked
mkdir own
export DUCKDB_DIR="$TMP/own"
expect 1 "$fetch"
contains err "DUCKDB_DIR is $TMP/own, but there is no $TMP/own/libduckdb.so"
touch own/libduckdb.so own/duckdb.h
expect 0 "$fetch"
[ ! -e asked ] || fail "fetched in spite of DUCKDB_DIR: $(cat asked)"
