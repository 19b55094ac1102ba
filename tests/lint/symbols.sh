#!/bin/bash
# Reads the libraries with nm. What may be linked into somebody else's program carries our prefix.
#   libsamling.so, libsamling.a     export the functions of the public header, samling_*, and nothing else
#   libsam_{core,csv,tls,sdk}.a         sam_* and samling_* (generated: client_sql_*)
#   libsam_server.a                 anything but these two prefixes
set -u
build=${1:-build}
bad=0 count=0

defined() { nm -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 != "A" {sub(/@.*/, "", $3); print $3}' | sort -u; }
check() { # what, names, names that are not right
    count=$((count + $(echo "$2" | grep -c .)))
    [ -n "$3" ] || return 0
    echo "$1: $(echo "$3" | tr '\n' ' ')"
    bad=$((bad + 1))
}
for lib in core csv tls sdk; do
    [ -f "$build/libsam_$lib.a" ] || continue
    all=$(defined "$build/libsam_$lib.a")
    check "libsam_$lib.a: names without sam_ or samling_" "$all" "$(echo "$all" | grep -vE '^(sam_|samling_|client_sql_)|^$')"
done
if [ -f "$build/libsam_server.a" ]; then
    all=$(defined "$build/libsam_server.a")
    check "libsam_server.a: names with the prefix of the shared code" "$all" "$(echo "$all" | grep -E '^(sam_|samling_)')"
fi
for lib in libsamling.so libsamling.a; do
    [ -f "$build/$lib" ] || continue
    dynamic=
    [ $lib = libsamling.a ] || dynamic=-D
    # shellcheck disable=SC2086
    all=$(defined $dynamic "$build/$lib")
    check "$lib: names that are not samling_*" "$all" "$(echo "$all" | grep -vE '^samling_[a-z0-9_]+$|^$')"
    [ ! -f "$build/gen/samling.names" ] ||
        check "$lib: declared in the public header but missing" '' "$(comm -13 <(echo "$all") <(sort "$build/gen/samling.names"))"
done
[ $bad = 0 ] || exit 1
[ $count -gt 0 ] || { echo "symbols: no library below $build"; exit 1; }
echo "symbols: $count names in order"
