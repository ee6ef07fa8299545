# identity.awk - for identity.sh: writes each file's text without comments and white space into the
# folder `text` (slashes of its path as %), and prints the facts that closure.awk reads:
#     file PATH        include PATH HEADER        kernel PATH
# White space stays where it separates words or operators, and in preprocessor lines.

# True if the two characters would read as something else without a blank between them.
function separate(left, right) {
    return (left ~ word && right ~ word) || (left ~ operator && right ~ operator)
}

function last(s) {
    return substr(s, length(s), 1)
}

# Drops blanks that separate nothing: `a + b` becomes `a+b`, but `int a` and `+ +b` stay.
function squeeze(s,    out, part) {
    out = ""
    while (match(s, /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|[ \t\f\v\r]+/)) {
        part = substr(s, RSTART, RLENGTH)
        out = out substr(s, 1, RSTART - 1)
        s = substr(s, RSTART + RLENGTH)
        if (part !~ /^[ \t\f\v\r]/)
            out = out part
        else if (separate(last(out), substr(s, 1, 1)))
            out = out " "
    }
    return out s
}

# Goes on with the text that lies between two preprocessor lines, which is one line of output.
function write_code(s) {
    s = squeeze(s)
    if (s == "")
        return
    printf "%s%s", separate(end, substr(s, 1, 1)) ? " " : "", s >file
    end = last(s)
}

function write_directive(s) {
    gsub(/[ \t\f\v\r]+/, " ", s)
    sub(/^ /, "", s)
    sub(/ $/, "", s)
    printf "%s%s\n", end == "" ? "" : "\n", s >file
    end = ""
}

BEGIN {
    word = "[A-Za-z0-9_]"
    operator = "[-+*/%&|^<>=!~?:.#]"
}
FNR == 1 {
    if (file != "")
        close(file)
    code_begin()
    directive = 0
    end = ""
    name = FILENAME
    gsub(/\//, "%", name)
    file = text name
    printf "" >file
    print "file", FILENAME
}
{
    line = code($0)
    if (directive || line ~ /^[ \t]*#/) {
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
            split(line, quoted, "\"")
            print "include", FILENAME, quoted[2]
        }
        directive = line ~ /\\$/
        write_directive(line)
    } else {
        if (line ~ /ZPL_KERNEL\(/)
            print "kernel", FILENAME
        write_code(line)
    }
}
