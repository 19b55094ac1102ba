#!/bin/bash
# Negative controls: builds that break a promise on purpose; the sweep must notice each. As tests/sim/control: one object is compiled
# anew from a changed copy of its source, and linked.
#   controls.sh BUILD [NAME...]     called by `make torture T=controls`, which says in the environment how to compile and link
#   TORTURE_CC, TORTURE_FLAGS, TORTURE_LINK, TORTURE_OBJECTS, TORTURE_LIBS
set -u
build=$1
shift
work=$build/torture/control failed=0 wanted=" $* "

fail() { # NAME WHY
    echo "not ok torture control $1: $2"
    failed=1
}

# control NAME SOURCE SED EXPECT ARGUMENTS...: with the source so changed, the sweep with these arguments says what is expected
control() {
    local name=$1 source=$2 change=$3 expect=$4 dir=$work/$1 said
    shift 4
    [ "$wanted" = "  " ] || [[ $wanted == *" $name "* ]] || return
    rm -rf "$dir" && mkdir -p "$dir/$(dirname "$source")"
    sed "$change" "$source" >"$dir/$source"
    [ "$(diff "$source" "$dir/$source" | grep -c '^>')" = 1 ] || { fail "$name" "its patch does not fit one line of $source"; return; }
    # shellcheck disable=SC2086
    $TORTURE_CC -I"$dir" $TORTURE_FLAGS -c -o "$dir/changed.o" "$dir/$source" || { fail "$name" "it does not compile"; return; }
    # shellcheck disable=SC2086
    $TORTURE_LINK -o "$dir/sweep" $TORTURE_OBJECTS "$dir/changed.o" $TORTURE_LIBS || { fail "$name" "it does not link"; return; }
    "$dir/sweep" --first "$@" >"$dir/log" 2>&1
    said=$(grep -m 1 "^not ok" "$dir/log")
    if [ -z "$said" ]; then
        fail "$name" "not noticed"
    elif ! echo "$said" | grep -qE "$expect"; then
        fail "$name" "noticed for another reason: $said"
    else
        echo "ok torture control $name: ${said#not ok }"
    fi
}

# a tablet that says saved when its commit failed
control saved-without-commit client-sdk/src/client.c \
    '/^int sam_done/,/^}/s/err = sam_store_commit(&s->store);/err = sam_store_commit(\&s->store) * 0;/' 'ops are there|saved ops are there|' --kind EIO save
# a centre that goes on after its commit failed with EIO
control commit-failure-ignored server/store/store.c \
    's/^    int err = store_run(st, store_q(st, STMT_COMMIT));$/    int err = store_run(st, store_q(st, STMT_COMMIT)) * 0;/' \
    'was acked and is not there|is not there|verify' --kind EIO --every 3 --once push
# a backup that gets its name without having been copied whole
control backup-unchecked server/store/backup.c \
    's/^    int err = copy_snapshot(store_path, tmp);$/    int err = copy_snapshot(store_path, tmp) * 0;/' 'died of signal|backup' --kind EIO backup
# an intake that goes on where no line of the audit log could be written: only that SQLite took the transaction back stands behind it
control audit-failure-ignored server/intake/intake.c \
    's/^        err = audit_end(in);$/        (void)audit_end(in);/' 'only memory was short' --kind memory --commit push
# a centre, and a tablet, that call damaged what they could not read
control unread-is-damaged server/store/store_statement.c \
    's/if (st->db && unread_rc(st->db, rc))/if (st->db \&\& unread_rc(st->db, rc) \&\& !rc)/' 'is called ECORRUPT' --kind EIO --once open
control tablet-unread-is-damaged client-sdk/src/store.c \
    's/return failed ? SAM_EIO : SAM_ECORRUPT;/return failed ? SAM_ECORRUPT : SAM_ECORRUPT;/' 'is called E(CORRUPT|AUTH)' --kind EIO --once look
# a verify that takes for a finding that SQLite could not get a page
control unread-is-a-finding server/store/store_derived.c \
    's/ && (unread_lines(line) || unread_any(st->db)))/ \&\& !line)/' 'verify calls wrong' --kind EIO --once verify
# a centre that forgets, behind a failed read, that somebody was erased
control erased-forgotten server/intake/intake.c \
    's/ != SAM_ENOTFOUND; \/\* or it is not known/ == 0; \/* or it is not known/' 'audit_facts|calls wrong' --kind EIO --thin --once verify
exit $failed
