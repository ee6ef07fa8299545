# closure.awk - for identity.sh: from the facts of identity.awk and the lines `digest PATH HEX`, writes
# for every stdlib/*/*.c the list of the files that make it up, one `PATH HEX` a line in the order of
# the paths, into the folder `parts` (slashes of the kernel's path as %).

function folder(path) {
    sub(/[^\/]*$/, "", path)
    return path
}

# Notes that text.c and text_number.c are sources of text.h; kernels and the sources directly in
# stdlib/ belong to no header.
function put_beside(path,    header) {
    if (path !~ /\.c$/ || path in kernel || path ~ /^stdlib\/[^\/]+$/)
        return
    header = substr(path, 1, length(path) - 2)
    do
        beside[header ".h"] = beside[header ".h"] " " path
    while (sub(/_[^_\/]*$/, "", header))
}

# Adds a file, the sources beside a header, the shared files of its folder, and all they include.
function reach(path,    i, n, list) {
    if (path in seen || !(path in digest))
        return
    seen[path] = 1
    n = split(beside[path], list, " ")
    for (i = 1; i <= n; i++)
        reach(list[i])
    if (path ~ /^stdlib\/[^\/]+\//) {
        n = split(shared[folder(path)], list, " ")
        for (i = 1; i <= n; i++)
            reach(list[i])
    }
    n = split(includes[path], list, " ")
    for (i = 1; i <= n; i++)
        reach(list[i])
}

$1 == "file" { files[++count] = $2 }
$1 == "include" { includes[$2] = includes[$2] " " $3 }
$1 == "kernel" { kernel[$2] = 1 }
$1 == "digest" { digest[$2] = $3 }
END {
    for (i = 1; i <= count; i++)
        put_beside(files[i])
    for (i = 1; i <= count; i++)
        if (files[i] ~ /^stdlib\/[^\/]+\// && !(files[i] in kernel))
            shared[folder(files[i])] = shared[folder(files[i])] " " files[i]
    for (k = 1; k <= count; k++) {
        if (files[k] !~ /^stdlib\/[^\/]+\/.*\.c$/)
            continue
        split("", seen)
        reach(files[k])
        for (i = 1; i <= count; i++)
            if (files[i] ~ /^stdlib\/[^\/]+\.h$/)
                seen[files[i]] = 1
        name = files[k]
        gsub(/\//, "%", name)
        for (i = 1; i <= count; i++)
            if (files[i] in seen)
                print files[i], digest[files[i]] >(parts name)
        close(parts name)
    }
}
