#!/bin/bash
# Reads every #include of proto/, server/ and client-sdk/ and compares it with floors.txt. LINT_ROOT: the tree to read.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/floors.txt
cd "${LINT_ROOT:-$(dirname "$0")/../..}" || exit 1

# file TAB line TAB header, for every include; then in bash: which rule, allowed or not
includes() {
    find proto server client-sdk -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort | while read -r f; do
        sed -n '/^[ \t]*#[ \t]*include/{=;p;}' "$f" | sed 'N;s/\n/\t/' |
            sed -n "s|^\([0-9]*\)\t[^<\"]*\([<\"]\)\([^>\"]*\).*|$f\t\1\t\2\3|p"
    done
}
under() { # path, pattern: the same, or below it, or matching it
    # shellcheck disable=SC2254 # patterns are meant
    case $1 in $2 | $2/*) return 0 ;; *) return 1 ;; esac
}
any() { # path, patterns...
    local path=$1 p
    shift
    for p in "$@"; do under "$path" "$p" && return 0; done
    return 1
}
floor_of() { # file: sets floor, may
    local best=0 i
    floor='' may=''
    for i in "${!floors[@]}"; do
        if under "$1" "${floors[$i]}" && [ ${#floors[$i]} -gt $best ]; then
            best=${#floors[$i]} floor=${floors[$i]} may=${allowed[$i]}
        fi
    done
}

set -f # the patterns of floors.txt stay patterns
floors=() allowed=() headers=() seen_by=() bad=0 count=0
while IFS=: read -r left right; do
    read -r word name <<<"$left"
    case $word in
    '' | '#'*) ;;
    header) headers+=("$name") seen_by+=("$right") ;;
    *) floors+=("$word") allowed+=("$right") ;;
    esac
done <"$rules"

complain() {
    echo "$file:$line: $*"
    bad=$((bad + 1))
}
while IFS=$'\t' read -r file line header; do
    count=$((count + 1))
    style=${header:0:1} header=${header:1}
    for i in "${!headers[@]}"; do
        # shellcheck disable=SC2086 # words are meant
        if under "$header" "${headers[$i]}" || under "${header##*/}" "${headers[$i]}"; then
            any "$file" ${seen_by[$i]} || complain "$header may be included only in:${seen_by[$i]}"
            continue 2
        fi
    done
    floor_of "$file"
    [ -n "$floor" ] || { complain "stands on no floor of floors.txt"; continue; }
    if [ "$style" = '<' ]; then
        any "$header" proto server client-sdk && complain "<$header>: our own headers are included with \"\""
        continue
    fi
    case $floor in
    client-sdk/cli | client-sdk/examples) # beside the public header only what lies in the same folder
        # shellcheck disable=SC2086
        [ -f "$header" ] && any "$header" $may && continue
        [ -f "${file%/*}/$header" ] && [ "${header#*/}" = "$header" ] || complain "\"$header\": only <samling.h> and headers of this folder"
        continue ;;
    client-sdk/include) # the public headers find each other wherever they are installed
        [ -f "${file%/*}/$header" ] && [ "${header#*/}" = "$header" ] && continue ;;
    esac
    # shellcheck disable=SC2086
    if [ ! -f "$header" ]; then
        complain "\"$header\" is not a path from the repository's root"
    elif ! any "$header" "$floor" $may && [ "$floor" != server/main.c -o "${header#server/}" = "$header" ]; then
        complain "$floor must not include \"$header\" (may:${may:- nothing else})"
    fi
done < <(includes)
[ $bad = 0 ] || { echo "floors: $bad of $count includes are wrong"; exit 1; }
echo "floors: $count includes in order"
