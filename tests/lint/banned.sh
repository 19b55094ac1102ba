#!/bin/bash
# Looks for the calls of banned.txt in proto/, server/ and client-sdk/, outside comments and texts. LINT_ROOT: the tree to read.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/banned.txt
cd "${LINT_ROOT:-$(dirname "$0")/../..}" || exit 1
files=$(find proto server client-sdk -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort)
[ -n "$files" ] || { echo "banned: no sources"; exit 1; }

# shellcheck disable=SC2086 # words are meant
awk '
function under(path, where,    n, parts, i, re) { # one of the places: same, below, or * for any part of a name
    n = split(where, parts, " ")
    for (i = 1; i <= n; i++) {
        re = parts[i]
        gsub(/\./, "\\.", re)
        gsub(/\*/, "[^/]*", re)
        if (path ~ "^" re "(/|$)")
            return 1
    }
    return 0
}
function code_of(line,    out, c, two) { # the line without comments, texts and characters
    out = ""
    while (line != "") {
        two = substr(line, 1, 2)
        if (inside) {
            if (!(c = index(line, "*/")))
                return out
            line = substr(line, c + 2)
            inside = 0
        } else if (two == "/*") {
            inside = 1
            line = substr(line, 3)
        } else if (two == "//") {
            return out
        } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
            out = out "\"\""
            line = substr(line, RLENGTH + 1)
        } else {
            out = out substr(line, 1, 1)
            line = substr(line, 2)
        }
    }
    return out
}
FNR == 1 { inside = 0; files++ }
FILENAME == rules {
    if ($0 !~ /^#/ && split($0, col, "|") == 3)
        for (i = split(col[1], word, " "); i > 0; i--) {
            where[word[i]] = col[2]
            instead[word[i]] = col[3]
        }
    next
}
{
    code = code_of($0)
    while (match(code, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
        name = substr(code, RSTART, RLENGTH)
        sub(/[ \t]*\($/, "", name)
        before = RSTART > 1 ? substr(code, RSTART - 1, 1) : ""
        if ((name in where) && before != "." && before != ">" && !under(FILENAME, where[name])) {
            printf "%s:%d: %s() is not called here; instead:%s\n", FILENAME, FNR, name, instead[name]
            bad++
        }
        code = substr(code, RSTART + RLENGTH)
    }
}
END {
    if (bad) {
        printf "banned: %d calls\n", bad
        exit 1
    }
    printf "banned: none in %d files\n", files - 1
}' rules="$rules" "$rules" $files
