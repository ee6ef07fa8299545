# lint.awk - for lint.sh: calls that are banned, files that are too long, work left for later.
#     awk -f .ci/strip.awk -f .ci/lint.awk FILE...

function fault(path, line, words) {
    print path ":" line ": " words
    faults++
}

# True if the code calls a function of exactly this name.
function calls(text, name) {
    return text ~ ("(^|[^A-Za-z0-9_>.])" name "[ \t]*[(]")
}

function finish() {
    if (last > 600 && !explained)
        fault(file, last, "over 600 lines; split it by noun, or say \"Long because\" in its header")
}

BEGIN {
    better["strcpy"] = "zpl_buf_puts or memcpy with a length"
    better["strcat"] = "zpl_buf_puts"
    better["sprintf"] = "snprintf or zpl_buf_printf"
    better["vsprintf"] = "vsnprintf or zpl_buf_vprintf"
    better["gets"] = "fgets"
    better["strtok"] = "strtok_r"
    better["system"] = better["popen"] = "zpl_proc, which passes no shell"
    better["setlocale"] = "nothing: numbers must read the same everywhere"
    heap["malloc"] = heap["calloc"] = heap["realloc"] = heap["strdup"] = heap["strndup"] = 1
}
FNR == 1 {
    finish()
    code_begin()
    explained = 0
    file = FILENAME
}
{ last = FNR }
FNR <= 40 && /Long because/ { explained = 1 }
/(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)/ { fault(FILENAME, FNR, "finish it, or file it") }
{
    text = code($0)
    if (text !~ /[(]/)
        next
    for (name in better)
        if (calls(text, name) && !(name == "setlocale" && FILENAME ~ /^tests\//))
            fault(FILENAME, FNR, name "() is banned; use " better[name])
    if (FILENAME !~ /^(tests\/|lang\/base\/fault\.c$)/)
        for (name in heap)
            if (calls(text, name))
                fault(FILENAME, FNR, name "() can't be made to fail in a test; use zpl_" name)
}
END {
    finish()
    exit faults > 0
}
