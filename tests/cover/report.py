#!/usr/bin/python3
"""Lines and branches of the critical code that a run of build/cover/'s programs reached.

    make cover                    runs unit, laws and scenarios, then this
    tests/cover/report.py DIR     DIR is build/cover, with the counters of a run
    ... --show                    say what was reached, judge nothing (a run of one test)

The code is that of tests/critical.txt, by noun. What is counted is what gcc's gcov counts at -O0:
    a line      that holds code, reached once or not
    a branch    each way out of each conditional jump: `if (a && b)` has four, each `case` of a switch is one;
                one in a line that never ran is not taken
Two things are left out, and nothing else:
    - the branches of a line that begins with SAM_ASSERT(: it states a truth that is ours, and its way out ends the process
      (the line itself counts as a line)
    - branches that gcov marks as thrown: ways of exceptions, which C has none of

DIR/report.txt lists by noun and file; DIR/NOUN-FILE.txt, per file, each line with what was missed: `-----` the line never ran,
`k/n` k of its n branches were taken. Below 95 % of the lines or of the branches of any noun the last line is `not ok cover: ...`.
"""
import glob
import json
import os
import subprocess
import sys

BAR_PERCENT = 95.0
CRITICAL = "tests/critical.txt"


def nouns():
    """noun -> files, in the order of the list"""
    found = {}
    with open(CRITICAL, encoding="utf-8") as text:
        for line in text:
            words = line.split("#")[0].split()
            if words:
                found.setdefault(words[0].rstrip(":"), []).extend(words[1:])
    return found


def counters(tree, source):
    """line number -> (times, [branch times]) of one source file, as gcov tells it"""
    notes = os.path.join(tree, "obj", source[:-2] + ".gcno")
    if not os.path.exists(notes):
        sys.exit("not ok cover: %s has no notes: it was not compiled with --coverage" % source)
    if not os.path.exists(notes[:-2] + "da"):
        return None
    told = subprocess.run(["gcov", "-b", "-c", "--json-format", "--stdout", notes], check=True, capture_output=True)
    lines = {}
    for one in json.loads(told.stdout)["files"]:
        if os.path.relpath(one["file"]) != source:
            continue  # what a header brings along belongs to its own tests
        for line in one["lines"]:
            times, branches = lines.get(line["line_number"], (0, []))
            ways = [b["count"] for b in line["branches"] if not b["throw"]]
            lines[line["line_number"]] = (times + line["count"], branches + ways)
    return lines


class Sum:
    """Lines and branches: how many there are, how many were reached."""

    def __init__(self):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0

    def add(self, other):
        self.lines += other.lines
        self.lines_hit += other.lines_hit
        self.branches += other.branches
        self.branches_hit += other.branches_hit

    def percent(self):
        return (100.0 * self.lines_hit / self.lines if self.lines else 0.0,
                100.0 * self.branches_hit / self.branches if self.branches else 100.0)


def weigh(tree, noun, source):
    """Sums of one file; what it missed goes to its list."""
    with open(source, encoding="utf-8") as text:
        code = text.read().splitlines()
    lines = counters(tree, source)
    if lines is None:
        sys.exit("not ok cover: %s was linked into no program that ran" % source)
    total, missed = Sum(), []
    for number, (times, branches) in sorted(lines.items()):
        if code[number - 1].lstrip().startswith("SAM_ASSERT("):
            branches = []
        taken = sum(1 for count in branches if count)
        total.lines += 1
        total.lines_hit += times > 0
        total.branches += len(branches)
        total.branches_hit += taken
        if not times:
            missed.append("-----  %4d  %s" % (number, code[number - 1]))
        elif taken < len(branches):
            missed.append("%2d/%-2d  %4d  %s" % (taken, len(branches), number, code[number - 1]))
    with open(os.path.join(tree, "%s-%s.txt" % (noun, os.path.basename(source)[:-2])), "w", encoding="utf-8") as out:
        out.write("# %s: %d lines and branches missed\n" % (source, len(missed)))
        out.writelines(line + "\n" for line in missed)
    return total


def row(name, total):
    return "%-36s %5d of %5d lines %6.1f %%   %5d of %5d branches %6.1f %%" % (
        name, total.lines_hit, total.lines, total.percent()[0], total.branches_hit, total.branches, total.percent()[1])


def main(tree, only_show):
    for old in glob.glob(os.path.join(tree, "*-*.txt")):
        os.remove(old)
    rows, words, low = [], [], []
    for noun, sources in nouns().items():
        whole = Sum()
        for source in sources:
            one = weigh(tree, noun, source)
            whole.add(one)
            rows.append(row("  " + source, one))
        rows.append(row(noun, whole))
        words.append("%s %.1f %% of lines, %.1f %% of branches" % ((noun,) + whole.percent()))
        if min(whole.percent()) < BAR_PERCENT:
            low.append(noun)
    with open(os.path.join(tree, "report.txt"), "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in rows)
    print("\n".join(rows))
    if only_show:
        return 0
    if low or not words:
        print("not ok cover: below %.0f %%: %s; %s" % (BAR_PERCENT, ", ".join(low), "; ".join(words)))
        return 1
    print("ok cover: " + "; ".join(words))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--show" in sys.argv[2:]))
