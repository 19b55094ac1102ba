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

# changed NAME PART: a copy of the part's file with its changes, where the compiler looks first
changed() {
    local name=$1 file=${file[$2]} object=${object[$2]} change=${change[$2]} dir=$work/$1 n edits=()
    while read -r line; do
        [ -z "$line" ] || edits+=(-e "$line")
    done <<<"${sed[$2]}"
    mkdir -p "$dir/$(dirname "$file")" "$dir/$(dirname "$object")"
    sed "${edits[@]}" "$file" >"$dir/$file" || return 1
    n=$(diff "$file" "$dir/$file" | grep -c '^>')
    [ "$n" = "$change" ] || { fail "$name" "its patch fits $n lines of $file, not $change"; return 1; }
    [ "$file" = "$object" ] || cp "$object" "$dir/$object"
}

compiled() { # NAME PART
    local dir=$work/$1
    # shellcheck disable=SC2086
    changed "$1" "$2" && { $SIM_CC -I"$dir" $SIM_FLAGS -c -o "$dir/changed$2.o" "$dir/${object[$2]}" ||
        { fail "$1" "${object[$2]} does not compile"; return 1; }; }
}

linked() { # NAME
    # shellcheck disable=SC2086
    $SIM_LINK -o "$work/$1/sim" $SIM_OBJECTS "$work/$1"/changed*.o $SIM_LIBS || { fail "$1" "it does not link"; return 1; }
}

noticed() { # NAME EXPECT
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

one() { # the paragraph that was read
    local part
    [ "${#wanted[@]}" = 0 ] || [[ " ${wanted[*]} " == *" $control "* ]] || return
    rm -rf "${work:?}/$control"
    for part in "${!object[@]}"; do
        compiled "$control" "$part" || return
    done
    linked "$control" && noticed "$control" "$expect"
}

wanted=("$@") control='' part=-1
declare -a object file change sed
while read -r word rest || [ -n "$word" ]; do
    case $word in
    '#'* | '') continue ;;
    control) [ -z "$control" ] || one; control=$rest part=-1 object=() file=() change=() sed=() ;;
    object) part=$((part + 1)) object[part]=$rest file[part]=$rest sed[part]='' ;;
    file) file[part]=$rest ;;
    change) change[part]=$rest ;;
    sed) sed[part]+=$rest$'\n' ;;
    expect) expect=$rest ;;
    *) echo "not ok control list: $word"; failed=1 ;;
    esac
done <"$here/list.txt"
one
exit $failed
