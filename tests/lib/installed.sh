#!/bin/bash
# Run as root inside a root directory of its own (chroot), where samling-server and samling have just been installed: makes a
# centre as README.Debian says, serves it as the unit does, lets one tablet sync, then removes, installs again and purges the
# packages. Prints "ok NAME" and "not ok NAME why", and ends at the first that is not.
#
#   installed.sh DEB...      the packages, for installing them again; dpkg alone is used
set -u
step() { # name, command...
    local name=$1 out
    shift
    out=$("$@" 2>&1) || { echo "not ok installed: $name: $(echo "$out" | tail -n 4 | tr '\n' ' ')"; stop; exit 1; }
    echo "ok installed: $name"
}
stop() { [ -z "${server:-}" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=; }; }
trap stop EXIT
as_exec() { exec setpriv --reuid samling --regid samling --clear-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/var/lib/samling "$@"; }
as() { (as_exec "$@"); }
centre() { as samlingd "$@"; }
cd / && mkdir -p /srv/tablet || exit 1

user_and_folder() {
    id samling && [ "$(stat -c '%U %G %a' /var/lib/samling)" = "samling samling 700" ] && [ ! -e /var/lib/samling/data ]
}
programs() {
    command -v samlingd && command -v samling && samlingd version && samling --version
}
units() { # where deb-systemd-helper is: enabled, which holds for the next start of the machine
    ! command -v deb-systemd-helper || [ -e /etc/systemd/system/multi-user.target.wants/samlingd.service ]
}
make_centre() {
    centre init --host 127.0.0.1 && centre config check && centre clinic add Porsgrunn &&
        centre group add --clinic Porsgrunn --name Mandag --weekday 1 && centre participant add --count 3 --group Mandag &&
        centre user add --clinic Porsgrunn --name Kari
}
serve() { # the unit's own words, as its user
    local words
    words=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/samlingd.service)
    [ "$words" = "/usr/bin/samlingd serve --no-qr" ] || { echo "ExecStart is: $words"; return 1; }
    # shellcheck disable=SC2086 # words are meant
    (as_exec $words --bind 127.0.0.1 --port 7391 >/tmp/served 2>&1) &
    server=$!
    for _ in $(seq 100); do
        grep -q '^ready ' /tmp/served && return 0
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    cat /tmp/served
    return 1
}
tablet() { HOME=/srv/tablet samling --lang en --store /srv/tablet/store --key-file /srv/tablet/data.key --user Kari --json "$@"; }
one_tablet() {
    local digits
    digits=$(tablet join "$(centre device invite Porsgrunn)" --label Gym | sed -n 's/.*"digits": *"\{0,1\}\([0-9]*\).*/\1/p')
    centre device approve 2 "$digits" && tablet sync && tablet groups | grep -q Mandag && centre status --json | grep '"serving": 1'
}
backup() { centre backup && ls /var/lib/samling/backup/samling-*.db; }
stays() { [ -f /var/lib/samling/data/samling.db ] && [ "$(stat -c %U /var/lib/samling/data/samling.db)" = samling ]; }
removed() { dpkg -r samling-server samling && [ ! -e /usr/bin/samlingd ] && stays; }
again() { dpkg -i "$@" && centre group list | grep -q Mandag; }
purged() { dpkg -P samling-server samling && ! dpkg -l samling-server 2>/dev/null | grep -q ^ii && stays; }

step "the user and his folder are there, and no centre yet" user_and_folder
step "the programs start" programs
step "the service is enabled" units
step "a centre is made" make_centre
serve || { echo "not ok installed: the centre serves: $(tr '\n' ' ' </tmp/served)"; exit 1; }
echo "ok installed: the centre serves"
step "a tablet joins and syncs" one_tablet
step "a backup, as the timer makes it" backup
kill "$server"
wait "$server" || { echo "not ok installed: SIGTERM ends it well: exit code $?"; exit 1; }
server=
echo "ok installed: SIGTERM ends it well"
step "removing keeps the store" removed
step "installed again it goes on with it" again "$@"
step "purging keeps the store" purged
