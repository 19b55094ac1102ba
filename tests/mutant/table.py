"""Mutants of the tables that the code rests on: one cell of field.def or right.def says something else.

  class  a unit's merge class (DESIGN section 5) is another       right  a role may what it may not, or may not what it may
"""
import re

from source import FUNCTION_OF_EVERY_FILE, Mutant

FIELDS, RIGHTS = "proto/model/field.def", "server/console/right.def"
# file: its noun, the one object in which the table becomes data
TABLES = {FIELDS: ("merge-table", "proto/model/field.c"), RIGHTS: ("rights-table", "server/console/right.c")}
OTHER_CLASS = {"FACT": "REGISTER", "REGISTER": "MINOR", "RANKED": "REGISTER", "MINOR": "REGISTER", "UNION": "REGISTER", "ORDERED": "RANKED"}
OTHER_RIGHT = {"NO": "YES", "YES": "NO", "CONSENT": "YES"}
FIELD = re.compile(r"^SAM_FIELD\((\w+), (\w+), \d+, \w+, [^,]+, [^,]+, (\w+), (\d+), (\w+),", re.M)
RIGHT = re.compile(r"^RIGHT\(\w+,(.*)\)", re.M)


class Cells(Mutant):
    """The fields of one unit merge as one, so a class is a unit's: several places in one mutant."""

    def __init__(self, source, places, to, column):
        begin, end = places[0]
        self.word = column
        super().__init__(FIELDS, "class", source, begin, end, to, FUNCTION_OF_EVERY_FILE, None)
        self.places = places

    def applied(self, source):
        for begin, end in reversed(self.places):
            source = source[:begin] + self.text + source[end:]
        return source


def other_class(cell):
    """Where only the centre writes, all stand alike: RANKED judges as REGISTER does, so it becomes something else."""
    return "MINOR" if cell[3] == "RANKED" and cell[5] == "CENTRE" else OTHER_CLASS[cell[3]]


def classes(source):
    units = {}
    for cell in FIELD.finditer(source):
        units.setdefault((cell[1], cell[4]), []).append(cell)
    return [Cells(source, [c.span(3) for c in cells], other_class(cells[0]), cells[0][2]) for cells in units.values()]


def rights(source):
    found = []
    for row in RIGHT.finditer(source):
        for cell in re.finditer(r"\b(NO|YES|CONSENT)\b", row[1]):
            begin, end = row.start(1) + cell.start(), row.start(1) + cell.end()
            found.append(Mutant(RIGHTS, "right", source, begin, end, OTHER_RIGHT[cell[1]], FUNCTION_OF_EVERY_FILE, None))
    return found


def mutants_of(root, file):
    with open(f"{root}/{file}", encoding="ascii") as f:
        source = f.read()
    return classes(source) if file == FIELDS else rights(source)
