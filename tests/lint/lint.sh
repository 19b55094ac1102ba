#!/bin/bash
# All lints, or those named: tests/lint/lint.sh [floors|banned|symbols|man|tidy|cppcheck|format]... [-- FILE...]
# SAM_BUILD: the build folder (generated headers, libraries). LINT_ROOT: another tree to read.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${LINT_ROOT:-$here/../..}" || exit 1
build=${SAM_BUILD:-build}
steps=() files=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    steps+=("$1")
    shift
done
[ $# -gt 0 ] && shift
[ ${#steps[@]} -gt 0 ] || steps=(floors banned symbols man tidy cppcheck format)
if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find proto server client-sdk tests -name '*.c' -o -name '*.h' 2>/dev/null | sort)
fi
c_files() { printf '%s\n' "${files[@]}" | grep '\.c$'; }
need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: make deps-lint"; return 1; }
}
includes=(-I. "-I$build/gen" -Iclient-sdk/include) # a file may see more here than when it is built
[ -f /usr/include/pb.h ] || includes+=(-isystem "$(dirname "$(find /usr/include -name pb.h | head -n 1)")")

# what is compiled for the browser alone, and for the tests of that
wasm=(--target=wasm32-wasi -nostdlibinc -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL -Itests/wasm/posix -isystem client-sdk/web/posix
    -isystem /usr/include/wasm32-wasi -include tests/wasm/posix/stand_in.h -isystem "$build/node_modules/better-sqlite3/deps/sqlite3")

tidy() { # a few files at a time; the compiler's words come after --
    need clang-tidy || return 1
    # shellcheck disable=SC2016
    c_files | xargs -r -P "$(nproc)" -n 1 sh -c '
        config=$1 words=$2 wasm=$3; shift 3
        case $1 in client-sdk/web/* | tests/wasm/*) words="$wasm $words" ;; esac
        clang-tidy --quiet --config-file="$config" "$@" -- -std=c11 -D_GNU_SOURCE -DSAM_VERSION=\"lint\" $words 2>/dev/null' \
        sh "$here/../../.clang-tidy" "${includes[*]}" "${wasm[*]}"
}
cpp() {
    need cppcheck || return 1
    c_files | grep -v '^tests/' | # its knowledge of cmocka is too thin
        cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=shiftTooManyBitsSigned \
        --suppress=internalAstError '--suppress=*:*.pb.h' --library="$here/cppcheck.cfg" -D_GNU_SOURCE \
        -j "$(nproc)" "${includes[@]/-isystem/-I}" --file-list=-
}
format() { # one line per file; `make format` sets it right
    local f n bad=0
    need clang-format || return 1
    for f in "${files[@]}"; do
        n=$(clang-format --style="file:$here/../../.clang-format" "$f" | diff "$f" - | grep -c '^[<>]')
        [ "$n" = 0 ] || { echo "$f: $n lines differ from .clang-format; make format"; bad=1; }
    done
    return $bad
}
run() {
    case $1 in
    floors | banned | man) "$here/$1.sh" ;;
    symbols) "$here/symbols.sh" "$build" ;;
    tidy | format) "$1" ;;
    cppcheck) cpp ;;
    *) echo "no such lint: $1"; return 1 ;;
    esac
}
bad=0
for step in "${steps[@]}"; do
    if run "$step"; then echo "ok $step"; else echo "not ok $step"; bad=1; fi
done
exit $bad
