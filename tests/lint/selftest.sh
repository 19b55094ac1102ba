#!/bin/bash
# A lint that cannot fail proves nothing: plants one violation of each kind in a temporary copy and looks whether it is found.
# Also plants failing test programs to see that tests/run.sh counts them. Prints "ok NAME", "not ok NAME", "skip NAME reason".
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

fresh_tree() { # a small tree in which every lint is content
    rm -rf "$tmp/tree"
    mkdir -p "$tmp"/tree/{proto/{base,model,wire,sync},server/{store,intake,net,console,admin},client-sdk/{include,src,cli,examples}}
    local d
    for d in proto/{base,model,wire,sync} server/{store,intake,net,console,admin} client-sdk/src client-sdk/cli; do
        echo "/* header of a floor */" >"$tmp/tree/$d/x.h"
    done
    echo "/* texts */" >"$tmp/tree/proto/base/text.h"
    echo "/* public */" >"$tmp/tree/client-sdk/include/samling.h"
    cat >"$tmp/tree/proto/base/good.c" <<'C'
#include "proto/base/x.h"

/* strcpy(a, b) in a comment is not a call */
int sam_good(const char *a);
int sam_good(const char *a)
{
    return a[0] == '"' ? 1 : a["strcpy(x)"[0] == 's']; // sprintf(x)
}
C
    printf '#include "proto/sync/x.h"\n#include <uv.h>\n' >"$tmp/tree/server/net/good.c"
    printf '#include <samling.h>\n#include "x.h"\n#include "proto/base/text.h"\n' >"$tmp/tree/client-sdk/cli/good.c"
}
verdict() { # name, worked (0 or not), output
    if [ "$2" = 0 ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        echo "${3:-}" | sed 's/^/    /'
        bad=1
    fi
}
caught() { # name, what the output must contain, command...: it fails, and says why
    local name=$1 word=$2 out code
    shift 2
    out=$("$@" 2>&1)
    code=$?
    [ $code != 0 ] && [[ $out == *"$word"* ]]
    verdict "$name" $? "exit code $code, expected a complaint with \"$word\": $out"
}
content() { # name, command...: it succeeds
    local name=$1 out
    shift
    out=$("$@" 2>&1)
    verdict "$name" $? "$out"
}
plant() { # lint, file, text: this text at the end of that file is found
    fresh_tree
    mkdir -p "$tmp/tree/${2%/*}"
    printf '%s\n' "$3" >>"$tmp/tree/$2"
    LINT_ROOT=$tmp/tree caught "$1: $2: $3" "$2:" "tests/lint/$1.sh"
}

fresh_tree
LINT_ROOT=$tmp/tree content "floors: a tree in order" tests/lint/floors.sh
LINT_ROOT=$tmp/tree content "banned: a tree in order" tests/lint/banned.sh
plant floors proto/base/bad.c '#include "proto/model/x.h"'
plant floors proto/model/bad.h '#include "proto/wire/x.h"'
plant floors proto/wire/bad.c '#  include "proto/sync/x.h"'
plant floors proto/sync/bad.c '#include "server/store/x.h"'
plant floors server/store/bad.c '#include "server/intake/x.h"'
plant floors server/intake/bad.c '#include "server/net/x.h"'
plant floors server/net/bad.c '#include "server/admin/x.h"'
plant floors server/admin/bad.c '#include "server/console/x.h"'
plant floors server/store/bad.def '#include "client-sdk/src/x.h"'
plant floors client-sdk/src/bad.c '#include "server/store/x.h"'
plant floors client-sdk/cli/bad.c '#include "client-sdk/src/x.h"'
plant floors client-sdk/cli/bad.c '#include "proto/base/x.h"'
plant floors client-sdk/cli/bad.c '#include "../src/x.h"'
plant floors client-sdk/examples/bad.c '#include <proto/base/x.h>'
plant floors client-sdk/examples/bad.c '#include "proto/base/text.h"'
plant floors server/net/bad.c '#include "x.h"'
plant floors server/net/bad.c '#include <sqlite3.h>'
plant floors server/store/bad.c '#include <uv.h>'
plant floors proto/wire/frame.c '#include <mbedtls/ssl.h>'
plant floors server/net/bad.c '#include "proto/wire/tls_int.h"'
plant floors proto/wire/frame.c '#include "proto/wire/mbed.h"'
plant floors proto/sync/bad.c '#include <pb.h>'
plant floors proto/sync/bad.c '#include <pb_encode.h>'
plant floors proto/wire/frame.c '#include "samling.pb.h"'
plant floors client-sdk/cli/bad.c '#include <sqlite3.h>'
plant floors server/net/bad.c '#include "store_sql.h"'
plant floors server/other/bad.c '#include "proto/base/x.h"'
plant banned proto/base/bad.c 'void f(char *a) { strcpy(a, "x"); }'
plant banned server/store/bad.c '/* comment */ int f(char *a) { return sprintf (a, "x"); }'
plant banned server/admin/bad.c 'int f(const char *a) { return atoi(a); }'
plant banned proto/sync/bad.c 'long f(void) { return time(0); }'
plant banned client-sdk/src/bad.c 'void f(void) { printf("x"); }'

fresh_tree
mkdir -p "$tmp/tree/server/admin"
cp --parents server/admin/verb.def server/admin/words.c server/admin/config.[cd]* server/samlingd.8 client-sdk/cli/main.c client-sdk/cli/args.h \
    client-sdk/cli/samling.1 "$tmp/tree"
LINT_ROOT=$tmp/tree content "man: pages in order" tests/lint/man.sh
sed -i 's/Default: 512; at least 1/Default: 513; at least 1/' "$tmp/tree/server/samlingd.8"
LINT_ROOT=$tmp/tree caught "man: a setting with another default" "handshakes does not say" tests/lint/man.sh
sed -i '/Ic device drain/d' "$tmp/tree/server/samlingd.8"
LINT_ROOT=$tmp/tree caught "man: a verb without a word" "device drain is missing" tests/lint/man.sh
sed -i 's/X(QUIET, "quiet", 0)/X(QUIET, "quieter", 0)/' "$tmp/tree/client-sdk/cli/args.h"
LINT_ROOT=$tmp/tree caught "man: an option without a word" "Fl -quieter is missing" tests/lint/man.sh

if command -v gcc >/dev/null && command -v nm >/dev/null; then
    b=$tmp/build
    compile() { # archive, code
        mkdir -p "$b" && printf '%s\n' "$2" >"$b/x.c" && gcc -w -fPIC -c -o "$b/x.o" "$b/x.c" && ar rcD "$b/$1" "$b/x.o"
    }
    compile libsam_core.a 'int sam_fine(void) { return 0; } static int local; int *sam_l(void) { return &local; }'
    compile libsam_server.a 'int store_fine(void) { return 0; }'
    content "symbols: libraries in order" tests/lint/symbols.sh "$b"
    for lib in core tls sdk; do
        rm -f "$b"/*.a
        compile libsam_$lib.a 'int frame_read(void) { return 0; }'
        caught "symbols: libsam_$lib.a without our prefix" frame_read tests/lint/symbols.sh "$b"
    done
    rm -f "$b"/*.a
    compile libsam_server.a 'int sam_store_open; '
    caught "symbols: server name with the shared prefix" sam_store_open tests/lint/symbols.sh "$b"
    rm -f "$b"/*.a
    compile unused.a 'int samling_open(void) { return 0; } int sam_inner(void) { return 0; }'
    gcc -shared -o "$b/libsamling.so" "$b/x.o"
    caught "symbols: libsamling.so exports sam_inner" sam_inner tests/lint/symbols.sh "$b"
    rm -f "$b/libsamling.so"
    mv "$b/unused.a" "$b/libsamling.a"
    caught "symbols: libsamling.a exports sam_inner" sam_inner tests/lint/symbols.sh "$b"
    mkdir -p "$b/gen" && compile libsamling.a 'int samling_open(void) { return 0; }'
    printf 'samling_close\nsamling_open\n' >"$b/gen/samling.names"
    caught "symbols: declared, not defined" samling_close tests/lint/symbols.sh "$b"
    rm -rf "$b"
    caught "symbols: nothing to read" "no library" tests/lint/symbols.sh "$b"
else
    echo "skip symbols gcc and nm are missing"
fi

check_file() { # tool, step, code
    command -v "$1" >/dev/null || { echo "skip lint: $2 $1 is missing: make deps-lint"; return; }
    fresh_tree
    printf '%s\n' "$3" >"$tmp/tree/proto/base/bad.c"
    LINT_ROOT=$tmp/tree caught "lint: $2" "not ok $2" "$top/tests/lint/lint.sh" "$2" -- proto/base/bad.c
    printf '%s\n' 'int sam_fine(int a);' 'int sam_fine(int a)' '{' '    return a + 1;' '}' >"$tmp/tree/proto/base/bad.c"
    LINT_ROOT=$tmp/tree content "lint: $2 content" "$top/tests/lint/lint.sh" "$2" -- proto/base/bad.c
}
check_file clang-tidy tidy 'int f(int *p);
int f(int *p) { if (!p) { return *p; } return 0; }'
check_file cppcheck cppcheck 'int f(void);
int f(void) { int a[2] = {0, 1}; return a[2]; }'
check_file clang-format format 'int f( int *p ) {
  return *p;
}'

# the runner: program, expected last line, expected exit code
runner() {
    local out code
    printf '#!/bin/sh\n%s\n' "$2" >"$tmp/prog"
    chmod +x "$tmp/prog"
    out=$(tests/run.sh -o "$tmp/logs" -t 2 "$tmp/prog")
    code=$?
    [ "$(echo "$out" | tail -n 1)" = "$3" ] && [ $code = "$4" ]
    verdict "runner: $1" $? "exit code $code: $out"
}
runner "a script that succeeds" 'exit 0' '1 passed, 0 failed, 0 skipped' 0
runner "a script that fails" 'exit 3' '0 passed, 1 failed, 0 skipped' 1
runner "a script that is skipped" 'echo no net; exit 77' '0 passed, 0 failed, 1 skipped' 1
runner "lines of its own" 'echo ok a; echo ok b; echo skip c why' '2 passed, 0 failed, 1 skipped' 0
runner "a line that fails under exit code 0" 'echo ok a; echo not ok b' '1 passed, 1 failed, 0 skipped' 1
runner "a crash after lines that passed" 'echo ok a; kill -SEGV $$' '1 passed, 1 failed, 0 skipped' 1
runner "a program that hangs" 'sleep 60' '0 passed, 1 failed, 0 skipped' 1
runner "cmocka, one case failed" 'echo "[==========] Running 3 test(s)."; echo "[  PASSED  ] 2 test(s)."
    echo "[  FAILED  ] 1 test(s), listed below:"; echo "[  FAILED  ] x"; exit 1' '2 passed, 1 failed, 0 skipped' 1
runner "cmocka 1.1.6, group's name" 'echo "[==========] t: Running 3 test(s)."; echo "[  PASSED  ] 1 test(s)."
    echo "[  SKIPPED ] t: 1 test(s), listed below:"; echo "[  FAILED  ] t: 1 test(s), listed below:"; exit 1' '1 passed, 1 failed, 1 skipped' 1
runner "cmocka, crash" 'echo "[==========] Running 3 test(s)."; echo "[       OK ] a"; kill -ABRT $$' '1 passed, 1 failed, 0 skipped' 1
runner "cmocka, nothing ran" 'echo "[==========] Running 0 test(s)."; echo "[  PASSED  ] 0 test(s)."' '0 passed, 1 failed, 0 skipped' 1
beside() { # two programs that each wait for the other end only beside each other; what stands behind -then sees both
    local out
    printf '#!/bin/sh\n: >"%s/$1"; until [ -f "%s/$2" ]; do sleep 0.05; done; nice >"%s/$1"\n' "$tmp" "$tmp" "$tmp" >"$tmp/meet"
    printf '#!/bin/sh\n[ "$(cat "%s/left")" -gt "$(cat "%s/right")" ]\n' "$tmp" "$tmp" >"$tmp/after"
    printf '#!/bin/sh\nexit 1\n' >"$tmp/bad"
    chmod +x "$tmp/meet" "$tmp/after" "$tmp/bad"
    out=$(tests/run.sh -o "$tmp/logs" -t 5 "$tmp/meet left right" -beside -t 5 "$tmp/meet right left" "$tmp/bad" -then "$tmp/after" 2>/dev/null)
    [ "$(echo "$out" | tail -n 1)" = '3 passed, 1 failed, 0 skipped' ]
    verdict "runner: lanes beside each other" $? "$out"
}
beside
alone() { # behind -j 1 they go one after the other, whatever ran before
    local out
    printf '#!/bin/sh\nmkdir "%s/place" && sleep 0.2 && rmdir "%s/place"\n' "$tmp" "$tmp" >"$tmp/one"
    printf '#!/bin/sh\nsleep "$1"\n' >"$tmp/other"
    chmod +x "$tmp/one" "$tmp/other"
    out=$(tests/run.sh -o "$tmp/logs" -j 2 "$tmp/other 0.3" "$tmp/other 0.1" -j 1 "$tmp/one" "$tmp/one 2" "$tmp/one 3")
    [ "$(echo "$out" | tail -n 1)" = '5 passed, 0 failed, 0 skipped' ]
    verdict "runner: -j 1 is one" $? "$out"
}
alone
content "runner: nothing to run is a failure" sh -c '! tests/run.sh -o "$1"' sh "$tmp/logs"
exit $bad
