#!/bin/bash
# Runs test programs: one line each, a log each under build/test, and as last line "N passed, N failed, N skipped".
#
#   tests/run.sh [-o LOGDIR] LANE [-beside LANE]... [-then LANE [-beside LANE]...]...
#   tests/run.sh --bench DIR          run tests/bench instead, output as it comes
#
# LANE is {[-j JOBS] [-t SECONDS] PROGRAM...}...; options hold for the programs after them, up to the lane's end. Lanes with -beside
# between them run at once, and all but the last of them give way to it (nice): those that work, beside those that mostly wait.
# What stands behind -then has the machine to itself.
#
# PROGRAM may carry arguments ("scenario a.txt"). How its tests are counted:
#   lines "ok NAME", "not ok NAME", "skip NAME reason"   one test each
#   cmocka's summary                                     its cases
#   else                                                 one test: exit code 0 passed, 77 skipped (last line = reason), other failed
# Behind its name stand the seconds that it took and those of the processors that it used (of a browser that was killed, what it had used is
# not in it).
# A non-zero exit without a failed test counts as one failure, and so does a program in which nothing ran.
set -u
cd "$(dirname "$0")/.." || exit 1
export PATH="/usr/bin:/bin:$PATH:/usr/sbin:/sbin" SAM_BUILD="${SAM_BUILD:-build}" PYTHON="${PYTHON:-/usr/bin/python3}"
export PYTHONPATH="$PWD/$SAM_BUILD/gen/python${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=1:detect_leaks=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"

command_of() { # the command that starts a program or a script
    case $1 in
    *.py | *.py\ *) echo "$PYTHON $1" ;;
    *) echo "$1" ;;
    esac
}

if [ "${1:-}" = --bench ]; then
    scripts=$(find tests/bench -maxdepth 1 -perm -u+x \( -name '*.sh' -o -name '*.py' \) 2>/dev/null | sort)
    [ -n "$scripts" ] || scripts=$(find "$2" -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
    [ -n "$scripts" ] || { echo "no benchmark is there" >&2; exit 1; }
    for s in $scripts; do
        $(command_of "$s") || exit 1
    done
    exit 0
fi

# What the tests write lies in memory, if there is room: a disk that is slow for a while is none of their questions, and what is killed
# leaves the same behind.
room_kB=$(df -kP /dev/shm 2>/dev/null | awk 'NR == 2 {print $4}')
[ "${room_kB:-0}" -lt 2000000 ] || [ ! -w /dev/shm ] || export TMPDIR="${TMPDIR:-/dev/shm}"

logs=$SAM_BUILD/test
passed=0 failed=0 skipped=0
if [ "${1:-}" = -o ]; then
    logs=$2
    shift 2
fi
mkdir -p "$logs"
tmp=$(mktemp -d "$logs/.run.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM

lines() { grep -c "$1" "$2"; } # how many lines match
sum() { # cmocka's word, log: how many in all groups; since 1.1.6 the group's name may stand before the number
    sed -n "s/^\[ *$1 *\] \(.*: \)\{0,1\}\([0-9][0-9]*\) test(s).*/\2/p" "$2" | awk '{n += $1} END {print n + 0}'
}

count() { # log, exit code -> p f s
    p=$(lines '^ok ' "$1") f=$(lines '^not ok ' "$1") s=$(lines '^skip ' "$1")
    if [ $((p + f + s)) -gt 0 ]; then
        :
    elif grep -q '^\[==========\]' "$1"; then
        p=$(sum PASSED "$1") f=$(sum FAILED "$1") s=$(sum SKIPPED "$1")
        grep -q '^\[ *PASSED' "$1" || p=$(lines '^\[ *OK *\]' "$1")
    elif [ "$2" = 0 ]; then
        p=1
    fi
    if [ "$2" = 77 ]; then
        [ $((p + f + s)) -gt 0 ] || s=1
    elif [ "$2" != 0 ] && [ "$f" = 0 ]; then
        f=1
    elif [ $((p + f + s)) = 0 ]; then
        echo "no test ran" >>"$1"
        f=1
    fi
}

log_of() { # a log of its own, also where a program runs several times, with other arguments
    local n=1 name=$1
    until (set -C && : >"$tmp/$name.log") 2>/dev/null; do
        n=$((n + 1)) name=$1-$n
    done
    echo "$logs/$name.log"
}

run_one() { # its name in $tmp, limit, program and its arguments in one word
    local name log code start end p f s took work word=ok TIMEFORMAT='processor %U %S'
    name=$(echo "${3%% *}" | sed -e "s|^$SAM_BUILD/||" -e 's|^tests/||')
    log=$(log_of "$(echo "$name" | tr / -)")
    start=$(date +%s%N)
    # shellcheck disable=SC2046,SC2086 # a program's arguments are words
    { time $way timeout -k 5 "$2" $(command_of "$3") >"$log" 2>&1 </dev/null; } 2>"$tmp/$1.time" # bash says "Aborted" there, too
    code=$?
    end=$(date +%s%N)
    [ $code != 124 ] && [ $code != 137 ] || echo "stopped: more than $2 s" >>"$log"
    count "$log" $code
    took=$(awk -v n=$((end - start)) 'BEGIN {printf "%.2f", n / 1e9}')
    work=$(awk '/^processor / {n = $2 + $3} END {printf "%.1f", n}' "$tmp/$1.time")
    [ "$s" = 0 ] || word=skip
    [ "$p" = 0 ] || word=ok
    [ "$f" = 0 ] || word=FAILED
    {
        printf '%-7s %-42s %8s s %8s s  %s passed, %s failed, %s skipped' $word "$name" "$took" "$work" "$p" "$f" "$s"
        if [ $code = 77 ]; then
            printf ': %s\n' "$(tail -n 1 "$log")"
        else
            printf '\n'
        fi
        [ "$s" = 0 ] || grep '^skip ' "$log" | sed 's/^/        /'
        [ "$f" = 0 ] || { echo "-- exit code $code, log $log"; sed 's/^/   | /' "$log"; echo "--"; }
    } >"$tmp/$1.text"
    cat "$tmp/$1.text"
    echo "$p $f $s" >"$tmp/$1.sum"
}

until_fewer() { # than so many of the lane run. One by one: after a plain wait the next wait -n would return for one that is long gone
    while [ "$running" -ge "$1" ]; do
        wait -n
        running=$((running - 1))
    done
}

run_lane() { # the lane's number, how a program is started, then options and programs
    local lane=$1 way=$2 jobs=1 limit=300 running=0 number=0
    shift 2
    trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
    while [ $# -gt 0 ]; do
        case $1 in
        -j) until_fewer 1; jobs=$2; shift ;;
        -t) limit=$2; shift ;;
        *)
            until_fewer "$jobs"
            number=$((number + 1))
            : >"$tmp/$lane-$number.due"
            run_one "$lane-$number" "$limit" "$1" &
            running=$((running + 1))
            ;;
        esac
        shift
    done
    until_fewer 1
}

lane=() lanes=0
for word in "$@" -then; do
    case $word in
    -beside | -then)
        lanes=$((lanes + 1)) way=
        [ $word = -then ] || way='nice -n 10'
        run_lane $lanes "$way" "${lane[@]}" &
        lane=()
        [ $word = -beside ] || wait
        ;;
    *) lane+=("$word") ;;
    esac
done
for due in "$tmp"/*.due; do
    [ -f "$due" ] || continue
    if [ -f "${due%due}sum" ]; then read -r p f s <"${due%due}sum"; else p=0 f=1 s=0; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
