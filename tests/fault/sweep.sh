# sweep.sh - runs in which one call fails: the first of its kind, the second, and so on.  For the tests
# of this folder, behind lib.sh.
# What a sanitizer finds in any process is kept in files, whoever reads that process's output.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:exitcode=99:log_path=$TMP/found"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path=$TMP/found"

made() { # made FILE: what a run made, from its JSON
    grep -E '"(digest|rows|auc|log_loss)":' "$1"
}

# reference PIPELINE...: what each makes undisturbed, in PIPELINE.made.
reference() {
    for pipeline; do
        expect 0 zpl run $pipeline.zpl --json
        made out >$pipeline.made
        [ -s $pipeline.made ] || fail "nothing was made"
        rm -rf .zpl
    done
}

# No object but whole ones: a file's name is the digest of its bytes.
whole() {
    [ -d .zpl/objects ] || return 0
    find .zpl/objects -type f | sed 's|\(.*objects/\)\(..\)/\(.*\)|\2\3  \1\2/\3|' >listed
    [ ! -s listed ] || sha256sum --quiet -c listed >torn 2>&1 || fail "$1: torn objects: $(cat torn)"
}

# left: what a run leaves behind, but for times, names that no two have, and digests that depend on these.
# Two runs of a pipeline that leave the same leave the next one the same to go on from.
left() {
    rm -f copy.db*
    for part in "" -wal; do
        [ ! -e .zpl/zpl.db$part ] || cp .zpl/zpl.db$part copy.db$part
    done
    [ ! -e .zpl ] || find .zpl -printf '%y %P\n' | sed 's|scratch/[^/]*|scratch/NAME|' | LC_ALL=C sort
    [ ! -e copy.db ] || sqlite3 copy.db .dump 2>&1 | sed -E '
        s/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/ID/g
        s/\b[0-9]{6,}\b/TIME/g
        s/^(INSERT INTO (memo|pieces|text_pieces|texts) VALUES\([^,]*).*/\1/
        /^INSERT INTO (runs|steps) /s/[0-9a-f]{64}/TEXT/g'
}

# fails COMMAND...: what run() says of the command, and whether the call that is to fail came in it ($came).  That it came is no
# reason to end badly: what is only remembered to save time may fail unnoticed.
fails() {
    rm -f "$PWD/came"
    run env ZPL_FAULT_FIRED="$PWD/came" "$@"
    came=
    [ ! -e "$PWD/came" ] || came=yes
}

# sweep PIPELINE KIND[:ERROR]: N = 0, 1, 2 … until no N-th call comes, twice: how often processes read or wait is not the
# same each time.  Of memory each to 20, then about one in nine; of SQLite's further errors one in two.  A failed run that left what
# one before it left is not followed by another run.
sweep() {
    kind=${2%%:*}
    error=${2#"$kind"}
    mkdir "$1-$kind$error"
    cd "$1-$kind$error"
    cp ../*.csv ../$1.zpl .
    n=0 quiet=0 failures=0
    : >states
    while [ $quiet -lt 2 ]; do
        fault="ZPL_FAULT=$kind:$n$error, $1"
        rm -rf .zpl
        fails ZPL_FAULT="$kind:$n$error" zpl run $1.zpl --json
        [ -n "$came" ] && quiet=0 || quiet=$((quiet + 1))
        ended=$code
        case $code in
        0)
            made out | cmp -s - ../$1.made || fail "$fault: it succeeded, but made something else"
            ;;
        1 | 3 | 4)
            failures=$((failures + 1))
            grep -q 'error\[E[0-9]*\]: .*[a-z]' err || fail "$fault: ended with $code and said '$(cat err)'"
            lacks err "without saying why"
            lacks err "exit code 99" # of a worker's sanitizer, which may write no file
            ;;
        *) fail "$fault: ended with $code and said '$(cat err)'" ;;
        esac
        whole "$fault"
        # There may be no store to look into, and then there is no run in it.
        run zpl runs --json
        lacks out '"running"'

        state=
        [ "$ended" = 0 ] || state=$(left | sha256sum)
        if [ -z "$state" ] || ! grep -qxF "$state" states; then
            [ -z "$state" ] || echo "$state" >>states
            expect 0 zpl run $1.zpl --json
            made out | cmp -s - ../$1.made || fail "$fault: the run after it made something else"
            whole "$fault, and a run"
            equal "$(find .zpl/scratch -mindepth 1 -type d)" "" "what is left in scratch after $fault"
        fi
        n=$((n + 1))
        case $2 in
        alloc) [ $n -le 20 ] || n=$((n + n / 8)) ;;
        sqlite:*) n=$((n + 1)) ;;
        esac
    done
    [ $failures -gt 0 ] || fail "$2: no call ever failed"
    echo "$1 $2: $failures failures that left $(wc -l <states) states, up to $n"
}

# two_lanes: waits for what was started in the background as $first and $second, which wrote files of
# these names, and tells of both.
two_lanes() {
    bad=
    wait $first || bad=yes
    wait $second || bad=yes
    cat first second
    [ -z "$bad" ] || fail "see above"
    [ -z "$(ls found.* 2>/dev/null)" ] || fail "a sanitizer says: $(head -n 30 found.*)"
}
