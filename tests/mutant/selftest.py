#!/usr/bin/python3
"""Goal: the mutator makes from a few lines just the mutants that it should, and none from a macro or a comment.

  selftest.py      lines for tests/run.sh
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import equivalent
import source
import table
from order import SWEPT_ORDER, Order

TEXT = """#define BOUND 8
#define CHECK(c) do { if (!(c)) fall(); } while (0)
enum verdict { YES, NO, LATER };
struct row { int n; const int *next; };
void fall(void);
int put(struct row *r);
static enum verdict judge(struct row *r, int err)
{
    int seen[4] = {0}; /* a < b */
    CHECK(r->n < BOUND);
    for (int i = 0; i < BOUND; i++)
        seen[i & 3] = err;
    if (err == 2 || !put(r))
        return LATER;
    fall();
    r->n++;
    err = put(r);
    return r->n >= 7 ? NO : YES;
}
enum verdict all(struct row *r);
enum verdict all(struct row *r)
{
    return judge(r, 0);
}
"""

WANTED = """
9:20:constant 0 => 1
11:18:constant 0 => 1
11:23:compare < => <=
11:25:constant BOUND => (BOUND + 1)
12:9:remove seen[i & 3] = err => nothing
12:18:constant 3 => 4
13:9:negate err == 2 || !put(r) => !(err == 2 || !put(r))
13:13:compare == => !=
13:16:constant 2 => 3
13:18:logic || => &&
14:16:return LATER => 0
14:16:verdict LATER => YES
15:5:remove fall() => nothing
16:5:remove r->n++ => nothing
18:12:negate r->n >= 7 => !(r->n >= 7)
18:12:return r->n >= 7 ? NO : YES => 0
18:17:compare >= => >
18:20:constant 7 => 8
18:24:verdict NO => LATER
18:29:verdict YES => NO
23:12:return judge(r, 0) => 0
23:21:constant 0 => 1
"""

FIELDS = """SAM_FIELD(A, x, 3, UINT, 0, 4, RANKED, 0, TABLET, 0)
SAM_FIELD(A, y, 4, UINT, 0, 4, RANKED, 0, TABLET, 0)
SAM_FIELD(A, z, 5, UINT, 0, 4, UNION, 1, TABLET, 0)
"""


def told(name, good, why):
    print(f"ok {name}" if good else f"not ok {name}: {why}")
    return good


def places(folder):
    with open(f"{folder}/it.c", "w", encoding="ascii") as f:
        f.write(TEXT)
    found = source.mutants_of(folder, "it.c", ["-std=c11"])
    got = {f"{m.id.split(':', 1)[1]} {m.change()}" for m in found}
    want = set(WANTED.strip().splitlines())
    good = told("mutants of a few lines", got == want, f"too many: {sorted(got - want)}, missing: {sorted(want - got)}")
    one = next(m for m in found if m.kind == "logic")
    text = one.applied(TEXT)
    changed = [i for i, (a, b) in enumerate(zip(TEXT.splitlines(), text.splitlines()), 1) if a != b]
    return told("a mutant changes its line alone", changed == [13] and text.count("\n") == TEXT.count("\n"), changed) and good, found


def listed(folder, found):
    one = next(m for m in found if m.kind == "logic")
    with open(f"{folder}/list", "w", encoding="ascii") as f:
        f.write("file it.c\nline if (err == 2 || !put(r))\nkind logic\nwhy nobody looks\n\n"
                "file it.c\nline if (err == 3 || !put(r))\nkind logic\nwhy it is gone\n")
    entries = equivalent.read(f"{folder}/list")
    good = told("a mutant that is listed is found by its text", entries.why(one) == "nobody looks", entries.why(one))
    gone = [e.line_no for e in entries.gone(found)]
    return told("an entry that fits nothing is told", gone == [6], gone) and good


def tables():
    units = table.classes(FIELDS)
    good = told("a unit's fields change their class together", [m.applied(FIELDS).count("REGISTER") for m in units] == [2, 1],
                [m.applied(FIELDS) for m in units])
    cells = table.rights("RIGHT(A, YES, NO, CONSENT) /* NO */\n")
    return told("each cell of a right is one mutant", [m.text for m in cells] == ["NO", "YES", "YES"], [m.change() for m in cells]) and good


class Asked:
    """As much of a killer as its place among the others needs."""

    def __init__(self, name, order, late):
        self.name, self.order, self.late, self.seconds, self.text = name, order, late, 1.0, ""


def turns(found):
    """Programs in which calls fail are asked before the simulator of a mutant that may swallow an error, and else behind it."""
    killers = [Asked("simulator", 2, 1), Asked("swept unit/test_x", SWEPT_ORDER, 3), Asked("unit/test_x", 0, 0)]
    got = [[k.name for k in Order().of(m, "noun", killers)].index("swept unit/test_x")
           for m in (next(m for m in found if m.kind == "logic"), next(m for m in found if "r->n >= 7" in m.line_text))]
    return told("who is asked when", got[0] < 2 and got[1] == 2, got)


def main():
    with tempfile.TemporaryDirectory() as folder:
        good, found = places(folder)
        return 0 if all([good, listed(folder, found), tables(), turns(found)]) else 1


if __name__ == "__main__":
    sys.exit(main())
