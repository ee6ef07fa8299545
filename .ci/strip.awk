# strip.awk - C source without its comments, for the scripts that judge what is left of it.
# Comments become one space, a line stays a line, literals are kept.
#     code(line)      the line without comments; the state of /* … */ goes on to the next call
#     code_begin()    forgets that state, at the start of a file

function code_begin() {
    inside = 0
}

function code(line,    out, at, part) {
    out = ""
    while (line != "") {
        if (inside) {
            at = index(line, "*/")
            if (!at)
                return out
            line = substr(line, at + 2)
            inside = 0
        } else if (match(line, /\/\/|\/\*|"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/)) {
            part = substr(line, RSTART, RLENGTH)
            out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART + RLENGTH)
            if (part == "//")
                return out
            if (part == "/*") {
                out = out " "
                inside = 1
            } else {
                out = out part
            }
        } else {
            return out line
        }
    }
    return out
}
