#!/bin/bash
# A clean clone on a Debian that has nothing but git, make and ca-certificates: `make run` until it says where to go next
# (the first line that begins with "ready "), then `make test`, then `make deb`, of which the packages are installed by apt on
# another such Debian and serve (tests/lib/installed.sh). Prints one line per suite and step; exit code 1 if any failed.
#
#   tests/fresh.sh [DIR]       scratch folder, default build/fresh
#
# Kept there: base-SUITE (debootstrap, made once), apt-SUITE (downloaded packages), SUITE-{base,run,test,deb}.log, deb-SUITE.
# Made anew each time: root-SUITE, a copy of the base with the clone in /samling.
# Environment: SUITES (default "bookworm trixie"), STEPS (default "run test deb"), MIRROR (default the host's own Debian mirror), REPO (what is cloned, default
# this checkout: what is not committed is not in the clone), RUN_SECONDS, TEST_SECONDS.
set -u
cd "$(dirname "$0")/.." || exit 1
here=$PWD
dir=${1:-build/fresh}
suites=${SUITES:-bookworm trixie}
steps=${STEPS:-run test deb}
repo=${REPO:-$here}
run_s=${RUN_SECONDS:-1200}
test_s=${TEST_SECONDS:-3600}

die() {
    echo "fresh: $*" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || die "debootstrap, chroot and mount need root; as root: make fresh"
git -C "$repo" rev-parse -q --verify HEAD >/dev/null || die "$repo has no commit to clone"
[ -z "$(git -C "$repo" status --porcelain)" ] || echo "fresh: changes that are not committed are not in the clone" >&2
mkdir -p "$dir" || die "cannot make $dir"
dir=$(cd "$dir" && pwd)

# In namespaces of our own nothing that goes wrong can leave a mount or a process behind.
if [ -z "${FRESH_INSIDE:-}" ] && unshare --mount --pid --fork --kill-child true 2>/dev/null; then
    FRESH_INSIDE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$dir"
fi

mirror() {
    local uri
    uri=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 2>/dev/null | sed -n 's/^Debian|Debian|//p' | head -n 1)
    echo "${MIRROR:-${uri:-http://deb.debian.org/debian}}"
}
mirror=$(mirror)

unmount_all() { # below a root, deepest first
    awk -v root="$1/" 'index($2, root) == 1 {print $2}' /proc/mounts | sort -r | while read -r m; do
        umount "$m" 2>/dev/null || umount -l "$m"
    done
}
group=
stop_group() { # everything that make run started
    [ -n "$group" ] || return 0
    kill -TERM -- "-$group" 2>/dev/null
    for _ in $(seq 50); do
        kill -0 -- "-$group" 2>/dev/null || break
        sleep 0.2
    done
    kill -KILL -- "-$group" 2>/dev/null
    wait "$group" 2>/dev/null
    group=
}
cleanup() {
    stop_group
    for s in $suites; do
        unmount_all "$dir/root-$s"
        unmount_all "$dir/base-$s.part"
    done
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

make_base() { # suite
    [ ! -d "$dir/base-$1" ] || return 0
    echo "fresh $1: making a minimal base from $mirror"
    unmount_all "$dir/base-$1.part"
    rm -rf --one-file-system "$dir/base-$1.part"
    debootstrap --variant=minbase --include=git,make,ca-certificates "$1" "$dir/base-$1.part" "$mirror" \
        >"$dir/$1-base.log" 2>&1 || { tail -n 5 "$dir/$1-base.log"; return 1; }
    unmount_all "$dir/base-$1.part"
    mv "$dir/base-$1.part" "$dir/base-$1"
}

make_root() { # suite: copy of the base, clone, mounts
    local root=$dir/root-$1 dev
    unmount_all "$root"
    rm -rf --one-file-system "$root"
    cp -a --reflink=auto "$dir/base-$1" "$root" && cp /etc/resolv.conf "$root/etc/resolv.conf" &&
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/host.crt" && # npm trusts whom this machine trusts: a site's proxy, say
        git clone -q --no-hardlinks "$repo" "$root/samling" || return 1
    mkdir -p "$dir/apt-$1/partial"
    mount --bind "$dir/apt-$1" "$root/var/cache/apt/archives" && mount -t proc proc "$root/proc" &&
        mount -t tmpfs -o mode=755 tmpfs "$root/dev" || return 1
    for dev in null zero full random urandom tty; do
        touch "$root/dev/$dev"
        mount --bind "/dev/$dev" "$root/dev/$dev" || return 1
    done
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" && mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts" || return 1
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
}

inside() { # suite, command...: in the clone, with a plain environment
    local root=$dir/root-$1
    shift
    exec setsid chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb NODE_EXTRA_CA_CERTS=/etc/ssl/host.crt \
        sh -c 'cd /samling && exec "$@"' sh "$@"
}

try_run() { # suite: make run until its first line "ready ..."
    local log=$dir/$1-run.log end=$((SECONDS + run_s)) start=$SECONDS said=
    inside "$1" make run >"$log" 2>&1 </dev/null &
    group=$!
    while [ $SECONDS -lt $end ]; do
        said=$(grep -a -m 1 '^ready ' "$log") && break
        kill -0 "$group" 2>/dev/null || break
        sleep 0.5
    done
    [ -n "$said" ] || said=$(grep -a -m 1 '^ready ' "$log")
    stop_group
    if [ -n "$said" ]; then
        echo "fresh $1: make run ok after $((SECONDS - start)) s: $said"
    else
        echo "fresh $1: make run FAILED after $((SECONDS - start)) s, log $log"
        tail -n 30 "$log" | sed 's/^/   | /'
        return 1
    fi
}

try_test() { # suite
    local log=$dir/$1-test.log start=$SECONDS code
    inside "$1" timeout -k 10 "$test_s" make test >"$log" 2>&1 </dev/null &
    group=$!
    wait "$group"
    code=$?
    stop_group
    if [ $code = 0 ]; then
        echo "fresh $1: make test ok after $((SECONDS - start)) s: $(tail -n 1 "$log")"
    else
        echo "fresh $1: make test FAILED (exit code $code) after $((SECONDS - start)) s, log $log"
        tail -n 40 "$log" | sed 's/^/   | /'
        return 1
    fi
}

try_deb() { # suite: made where the rest was built, installed where nothing is
    local log=$dir/$1-deb.log start=$SECONDS
    (inside "$1" make deb) >"$log" 2>&1 </dev/null || { echo "fresh $1: make deb FAILED, log $log"; tail -n 20 "$log"; return 1; }
    rm -rf "$dir/deb-$1"
    mkdir "$dir/deb-$1" && cp "$dir/root-$1"/samling/build/deb/*.deb "$dir/deb-$1" && make_root "$1" || return 1
    mkdir "$dir/root-$1/deb" && cp "$dir/deb-$1"/*.deb "$dir/root-$1/deb" || return 1
    # shellcheck disable=SC2016 # the inner shell's
    if (inside "$1" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -qy --no-install-recommends /deb/*.deb &&
        tests/lib/installed.sh /deb/*.deb') >>"$log" 2>&1 </dev/null; then
        echo "fresh $1: make deb ok after $((SECONDS - start)) s: $(grep -c '^ok installed' "$log") steps with the packages installed"
    else
        echo "fresh $1: packages FAILED after $((SECONDS - start)) s, log $log"
        tail -n 20 "$log" | sed 's/^/   | /'
        return 1
    fi
}

bad=0
for suite in $suites; do
    if ! make_base "$suite" || ! make_root "$suite"; then
        echo "fresh $suite: FAILED to make the system"
        bad=1
        continue
    fi
    for step in $steps; do
        "try_$step" "$suite" || bad=1
    done
    unmount_all "$dir/root-$suite"
done
exit $bad
