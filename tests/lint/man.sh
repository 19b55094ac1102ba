#!/bin/bash
# Every verb and every option of the two programs is named in its man page, and man finds nothing to complain about.
#   samlingd(8)  server/samlingd.8        verbs and options from the table in server/admin/verb.def and server/admin/words.c;
#                                         settings with their bounds and defaults from server/admin/config.def
#   samling(1)   client-sdk/cli/samling.1 commands from client-sdk/cli/main.c, options from client-sdk/cli/args.h
# LINT_ROOT: another tree to read.
set -u
cd "${LINT_ROOT:-$(dirname "$0")/../..}" || exit 1
bad=0 count=0

complain() {
    echo "$*"
    bad=$((bad + 1))
}
named() { # page, macro, word: stands there, and does not go on with another letter
    count=$((count + 1))
    grep -Eq -- "(^\.|[ .(])$2 $3( |$|\))" "$1" || complain "$1: $2 $3 is missing"
}
page() { # page, verbs, options
    local word
    [ -f "$1" ] || { complain "$1: there is no such page"; return; }
    [ -n "$2" ] && [ -n "$3" ] || complain "$1: nothing was found to look for"
    while read -r word; do named "$1" Ic "$word"; done <<<"$2"
    while read -r word; do named "$1" Fl "-$word"; done <<<"$3"
    if command -v man >/dev/null; then
        word=$(LC_ALL=C.UTF-8 MANWIDTH=120 man --warnings -E UTF-8 -l "$1" 2>&1 >/dev/null)
        [ -z "$word" ] || complain "$1: $word"
    fi
    if command -v mandoc >/dev/null; then
        word=$(mandoc -T lint -W warning "$1" 2>&1 | grep -v 'referenced manual not found')
        [ -z "$word" ] || complain "$1: $word"
    fi
}

setting() { # page, key, default, sentence of bounds: the paragraph of the key says both
    local words
    count=$((count + 1))
    words=$(awk -v key="$2" '/^\.It /{on = ($2 == "Fl" && $3 == "-" key)} /^\.El/{on = 0} on' "$1")
    [[ $words == *"Default: $3"[.\;]* && $words == *"$4"* ]] || complain "$1: --$2 does not say: Default: $3$4"
}
settings() { # page, table
    local kind key rest least most normal n=0
    while IFS='|' read -r kind key rest; do
        n=$((n + 1))
        case $kind in
        NUM) IFS='|' read -r _ least most normal <<<"$rest"; setting "$1" "$key" "$normal" "; at least $least, at most $most." ;;
        *) setting "$1" "$key" "${rest##*|}" "" ;;
        esac
    done < <(sed -n 's/^CONFIG_\(NUM\|ADDRESS\|CHOICE\)([A-Z_]*, \(.*\))$/\1, \2/p' "$2" | sed -e 's/, /|/g' -e 's/"//g')
    [ $n -gt 0 ] || complain "$2: no settings were found"
}

verbs=$(sed -n 's/.*{\.name = "\([^"]*\)",.*/\1/p' server/admin/verb.def)
options=$(sed 's/\.name = "[^"]*"//' server/admin/verb.def | sed -n '/\.accepts = /,/,$/p' | grep -o '"[^"]*"' | tr -d '"' | tr ' ' '\n' | tr -d = | sort -u | grep .
    grep -o '"--[a-z-][a-z-]*"' server/admin/words.c | tr -d '"' | sed 's/^--//' | sort -u
    sed -n 's/^CONFIG_[A-Z]*([A-Z_]*, "\([a-z-]*\)",.*/\1/p' server/admin/config.def
    sed -n 's/.*config_options\[\] = "\([^"]*\)"$/\1/p' server/admin/config.c | tr ' ' '\n' | tr -d =
    echo json)
settings server/samlingd.8 server/admin/config.def
page server/samlingd.8 "$verbs" "$options"

commands=$(sed -n '/verbs\[\] = {/,/^};/s/^ *{"\([a-z]*\)",.*/\1/p' client-sdk/cli/main.c)
options=$(sed -n 's/.*X([A-Z_]*, "\([^"]*\)", [01]).*/\1/p' client-sdk/cli/args.h)
page client-sdk/cli/samling.1 "$commands" "$options"

[ $bad = 0 ] || { echo "man: $bad of $count words are wrong or missing"; exit 1; }
echo "man: $count words are named"
