# layers.awk - reads every #include of the project and holds it against the map of the house:
#     a file includes only from its own room and from the rooms below it, never up, never sideways;
#     every third-party header has one owner;
#     a project header is named by its path from the root.
# Prints file:line for each include that breaks a rule and ends with 1 if there is one.
# Tests stand outside of the house and may include anything.
#     awk -f .ci/strip.awk -f .ci/layers.awk FILE...      in the root of the project

BEGIN {
    # room: the rooms it may include from, besides itself.  The longest name that fits counts.
    # "lang/" are the files directly in it, which put the rooms of the language together.
    below["lang/base/"]   = ""
    below["lang/types/"]  = "lang/base/"
    below["lang/syntax/"] = "lang/base/"
    below["lang/graph/"]  = "lang/types/ lang/base/"
    below["lang/check/"]  = "lang/graph/ lang/types/ lang/base/"
    below["lang/dsl/"]    = "lang/world.h lang/lang.h lang/check/ lang/graph/ lang/types/ lang/syntax/ lang/base/ build/gen/"
    below["lang/world."]  = "lang/check/ lang/graph/ lang/types/ lang/base/"
    below["lang/"]        = "lang/"
    below["stdlib/"]      = "stdlib/ lang/ build/gen/"
    every = "stdlib/kernel.h stdlib/context.h stdlib/run.h stdlib/outcome.h stdlib/npy.h lang/ build/gen/"
    below["stdlib/table/"] = every
    below["stdlib/query/"] = "stdlib/table/ " every
    below["stdlib/file/"]  = "stdlib/table/ " every
    below["stdlib/body/"]  = "stdlib/file/ stdlib/table/ " every
    below["stdlib/model/"] = every
    below["stdlib/effect/"]  = every
    below["stdlib/preview/"] = "stdlib/model/ stdlib/table/ " every
    below["stack/"]       = "lang/"
    house = "stdlib/ stack/ lang/"
    below["vm/protocol/"]  = house
    below["vm/session/"]   = "vm/python/ vm/protocol/ " house
    below["vm/python/"]    = "vm/session/ vm/protocol/ " house
    below["vm/worker/"]    = "vm/session/ vm/protocol/ " house
    below["vm/plan/"]      = "vm/python/ vm/session/ vm/protocol/ " house
    below["vm/run/"]       = "vm/plan/ vm/worker/ " below["vm/plan/"]
    below["vm/store/"]     = "vm/run/ " below["vm/run/"]
    below["vm/show/"]      = "vm/run/ " below["vm/run/"]
    below["vm/reproduce/"] = "vm/show/ " below["vm/show/"]
    below["vm/view/"]      = "vm/reproduce/ " below["vm/reproduce/"]
    below["vm/repl/"]      = "vm/cli/ vm/view/ " below["vm/view/"]
    below["vm/cli/"]       = "vm/repl/ vm/store/ " below["vm/repl/"]

    # header: its owner, the start of the paths that may include it.
    owner["lua.h"] = owner["lualib.h"] = owner["lauxlib.h"] = owner["luaconf.h"] = "lang/dsl/"
    owner["pcre2.h"]      = "lang/base/regex.c"
    owner["openssl/"]     = "lang/base/digest.c"
    owner["jansson.h"]    = "lang/base/json.c"
    owner["sqlite3.h"]    = "lang/base/sqldb.c"
    owner["duckdb.h"]     = "stdlib/table/"
    owner["xgboost/"]     = "stdlib/model/"
    owner["onnxruntime"]  = "stdlib/model/"
    owner["libpq-fe.h"]   = "stack/metadata/postgres.c"
    owner["curl/"]        = "stack/net/http.c"
    owner["microhttpd.h"] = "vm/serve/"
    owner["histedit.h"] = owner["editline/"] = "vm/repl/"
}

function starts(text, start) {
    return substr(text, 1, length(start)) == start
}

function longest(table, path,    name, best) {
    best = ""
    for (name in table)
        if (starts(path, name) && length(name) > length(best))
            best = name
    return best
}

function fault(words) {
    print FILENAME ":" FNR ": " words
    faults++
}

function project_include(path,    room, n, i, names) {
    room = longest(below, FILENAME)
    if (starts(path, room) && longest(below, path) == room)
        return
    n = split(below[room], names, " ")
    for (i = 1; i <= n; i++)
        if (starts(path, names[i]))
            return
    fault(room " may not include " path "; it may include " room " " below[room])
}

function library_include(path,    name) {
    name = longest(owner, path)
    if (name != "" && !starts(FILENAME, owner[name]))
        fault("<" path "> belongs to " owner[name] "; call what that part offers")
}

FNR == 1 {
    code_begin()
    here = longest(below, FILENAME)
    if (here == "" || (here == "lang/" && FILENAME ~ /^lang\/.*\//))
        fault("this room is not on the map; give it its place in .ci/layers.awk")
}
{ text = code($0) }
text ~ /^[ \t]*#[ \t]*include/ {
    if (!match(text, /[<"][^>"]*[>"]/))
        next
    path = substr(text, RSTART + 1, RLENGTH - 2)
    quoted = substr(text, RSTART, 1) == "\""
    if (path ~ /^(lang|stdlib|stack|vm|tests|build\/gen)\//)
        project_include(path)
    else if (quoted && longest(owner, path) == "")
        fault("write \"" path "\" as a path from the root of the project")
    else
        library_include(path)
}
END { exit faults > 0 }
