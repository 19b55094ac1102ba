#!/bin/bash
# Negative controls: builds each control of list.txt (one object compiled anew, one link) and lets the simulator look for it.
# It fails where a control is not noticed within its time, is noticed for another reason, or no longer fits the sources.
#   run.sh BUILD [NAME...]     called by `make sim-controls`, which says in the environment how to compile and link
#   SIM_CC, SIM_LINK           the compiler with its flags; the same for linking, up to the output's name
#   SIM_OBJECTS, SIM_LIBS      the simulator's objects; archives and libraries
#   CONTROL_SECONDS            how long each may take to be noticed (60)
set -u
build=$1
shift
here=$(dirname "$0") seconds=${CONTROL_SECONDS:-60} failed=0
work=$build/control

fail() { # name, why
    echo "not ok control $1: $2"
    failed=1
}

# changed NAME FILE OBJECT CHANGE SED...: a copy of FILE with its changes, where the compiler looks first
changed() {
    local name=$1 file=$2 object=$3 change=$4 dir=$work/$1 n
    shift 4
    rm -rf "$dir"
    mkdir -p "$dir/$(dirname "$file")" "$dir/$(dirname "$object")"
    sed "$@" "$file" >"$dir/$file" || return 1
    n=$(diff "$file" "$dir/$file" | grep -c '^>')
    [ "$n" = "$change" ] || { fail "$name" "its patch fits $n lines of $file, not $change"; return 1; }
    [ "$file" = "$object" ] || cp "$object" "$dir/$object"
}

built() { # name object
    local dir=$work/$1
    # shellcheck disable=SC2086
    $SIM_CC -I"$dir" $SIM_FLAGS -c -o "$dir/changed.o" "$dir/$2" &&
        $SIM_LINK -o "$dir/sim" $SIM_OBJECTS "$dir/changed.o" $SIM_LIBS || { fail "$1" "it does not build"; return 1; }
}

noticed() { # name expect
    local dir=$work/$1 began=$SECONDS said
    "$dir/sim" --seconds "$seconds" --first >"$dir/log" 2>&1
    said=$(grep -m 1 VIOLATION "$dir/log")
    if [ -z "$said" ]; then
        fail "$1" "not noticed in $seconds s"
    elif ! echo "$said" | grep -qE "$2"; then
        fail "$1" "noticed for another reason: $said"
    else
        echo "ok control $1: noticed after $((SECONDS - began)) s: ${said#VIOLATION in }"
    fi
}

one() { # reads the paragraph from the variables
    local name=$control
    [ "${#wanted[@]}" = 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return
    changed "$name" "$file" "$object" "$change" "${edits[@]}" && built "$name" "$object" && noticed "$name" "$expect"
}

wanted=("$@") control='' edits=()
while read -r word rest || [ -n "$word" ]; do
    case $word in
    '#'* | '') continue ;;
    control) [ -z "$control" ] || one; control=$rest edits=() ;;
    object) object=$rest ;;
    file) file=$rest ;;
    change) change=$rest ;;
    sed) edits+=(-e "$rest") ;;
    expect) expect=$rest ;;
    *) echo "not ok control list: $word"; failed=1 ;;
    esac
done <"$here/list.txt"
one
exit $failed
