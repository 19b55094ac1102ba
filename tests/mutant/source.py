"""Mutants of a C file: every place where one comparison, condition, constant, verdict, return or effect can be another.

libclang says where an expression begins and ends; what is changed is the file's own text, one place at a time, and no line is added or
taken away. What comes out of a macro is left alone (asserts, the lists of *.def), but the name of a constant in the text is a constant.

Kinds:
  compare   < and <=, > and >=, == and != in each other's place        logic   && and || in each other's place
  negate    the condition of if, while and ?: turned round              return  what is returned becomes 0
  constant  n becomes n + 1, 0 becomes 1, 1 becomes 0, true false       verdict a named value becomes its list's next
  remove    a call whose result nobody takes, or an assignment to what outlives the function, is not made
"""
import re

from clang import cindex

K = cindex.CursorKind
OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&"}
ASSIGN = re.compile(r"\s*(=|[-+*/%&|^]=|<<=|>>=)\s*")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.])")
NAME = re.compile(r"[A-Za-z_]\w*")
DECLARED = (K.VAR_DECL, K.FIELD_DECL, K.PARM_DECL)
WIDEST = re.compile(r"U?INT\d+_(MAX|MIN)|SIZE_MAX")
FUNCTION_OF_EVERY_FILE = "(file)"


class Mutant:
    """One change: file[begin:end] becomes text."""

    def __init__(self, file, kind, source, begin, end, text, function, lines):
        self.file, self.kind, self.begin, self.end, self.text = file, kind, begin, end, text
        self.was, self.function = source[begin:end], function
        self.line = source.count("\n", 0, begin) + 1
        self.column = begin - (source.rfind("\n", 0, begin) + 1) + 1
        self.lines = lines  # those of the statement it stands in, for the question which test comes here
        start = source.rfind("\n", 0, begin) + 1
        stop = source.find("\n", begin)
        self.line_text = " ".join(source[start : stop if stop >= 0 else len(source)].split())
        self.id = f"{file}:{self.line}:{self.column}:{kind}"

    def applied(self, source):
        return source[: self.begin] + self.text + source[self.end :]

    def change(self):
        """In one line: what stood there => what stands there now."""
        return " ".join(self.was.split()) + " => " + (" ".join(self.text.split()) or "nothing")


class Reader:
    """Walks the tree of one file and collects its mutants."""

    def __init__(self, root, file, flags):
        self.file = file
        with open(f"{root}/{file}", "rb") as f:
            self.bytes = f.read()
        self.source = self.bytes.decode("ascii", "replace")  # one column a byte
        unit = cindex.Index.create().parse(f"{root}/{file}", args=flags)
        errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            raise SystemExit(f"{file}: {errors[0]}")
        self.path = f"{root}/{file}"
        self.found, self.seen = [], set()
        for cursor in unit.cursor.get_children():
            if cursor.location.file and cursor.location.file.name == self.path:
                function = cursor.spelling if cursor.kind == K.FUNCTION_DECL else FUNCTION_OF_EVERY_FILE
                self.walk(cursor, None, function, None)

    def add(self, kind, begin, end, text, function, statement):
        key = (kind, begin, end)
        if key in self.seen or self.source[begin:end] == text:
            return
        self.seen.add(key)
        lines = (statement.extent.start.line, statement.extent.end.line) if statement else None
        self.found.append(Mutant(self.file, kind, self.source, begin, end, text, function, lines))

    def span(self, cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def walk(self, cursor, parent, function, statement):
        if cursor.location.file and cursor.location.file.name != self.path:
            return
        if self.is_statement(cursor, parent):
            statement = cursor
        self.visit(cursor, parent, function, statement)
        children = list(cursor.get_children())
        for i, child in enumerate(children):
            if cursor.kind == K.CASE_STMT and i == 0:
                continue  # another label is another table
            if cursor.kind in DECLARED and self.source[: child.extent.start.offset].rstrip().endswith("["):
                continue  # how long an array is
            self.walk(child, cursor, function, statement)

    def is_statement(self, cursor, parent):
        """A piece that runs as a whole: a statement without its body."""
        if cursor.kind in (K.RETURN_STMT, K.DECL_STMT):
            return True
        return bool(parent) and parent.kind in (K.COMPOUND_STMT, K.IF_STMT, K.WHILE_STMT, K.FOR_STMT, K.CASE_STMT, K.DEFAULT_STMT) and \
            cursor.kind not in (K.COMPOUND_STMT, K.IF_STMT, K.WHILE_STMT, K.FOR_STMT, K.SWITCH_STMT, K.CASE_STMT, K.DEFAULT_STMT)

    def visit(self, cursor, parent, function, statement):
        kind = cursor.kind
        if kind in (K.BINARY_OPERATOR, K.COMPOUND_ASSIGNMENT_OPERATOR):
            self.operator(cursor, parent, function, statement)
        elif kind in (K.IF_STMT, K.WHILE_STMT, K.CONDITIONAL_OPERATOR):
            self.condition(next(cursor.get_children()), kind, function, statement)
        elif kind == K.INTEGER_LITERAL:
            self.literal(cursor, function, statement)
        elif kind == K.DECL_REF_EXPR:
            self.named(cursor, function, statement)
        elif kind == K.RETURN_STMT:
            self.returned(cursor, function, statement)
        elif kind == K.CALL_EXPR or kind == K.UNARY_OPERATOR:
            self.effect(cursor, parent, function, statement)

    def operator(self, cursor, parent, function, statement):
        left, right = list(cursor.get_children())[:2]
        begin, end = left.extent.end.offset, right.extent.start.offset
        between = self.source[begin:end] if begin < end else ""
        word = between.strip()
        if word in OTHER:
            at = begin + between.index(word)
            kind = "logic" if word in ("&&", "||") else "compare"
            self.add(kind, at, at + len(word), OTHER[word], function, statement)
        elif ASSIGN.fullmatch(between):
            self.effect(cursor, parent, function, statement)

    def condition(self, cursor, kind, function, statement):
        begin, end = self.span(cursor)
        before = self.source[:begin].rstrip()
        if cursor.kind == K.BINARY_OPERATOR and re.fullmatch(r"[^=!&|?]*[=!]=[^=!&|?]*", self.source[begin:end]):
            return  # turned round it is the comparison's own mutant
        if begin < end and (kind == K.CONDITIONAL_OPERATOR or before.endswith("(")):
            self.add("negate", begin, end, f"!({self.source[begin:end]})", function, statement or cursor)

    def literal(self, cursor, function, statement):
        begin = cursor.extent.start.offset
        number, name = NUMBER.match(self.source, begin), NAME.match(self.source, begin)
        if number:
            value = int(number[1], 0)
            other = {0: 1, 1: 0}.get(value, value + 1)
            self.add("constant", begin, number.end(), f"{other}{number[2]}", function, statement)
        elif name and name[0] in ("true", "false"):
            self.add("constant", begin, name.end(), "false" if name[0] == "true" else "true", function, statement)
        elif name and name[0].isupper() and not self.source[name.end() :].lstrip().startswith("(") and name[0] != "NULL":
            sign = "-" if WIDEST.fullmatch(name[0]) else "+"
            self.add("constant", begin, name.end(), f"({name[0]} {sign} 1)", function, statement)

    def named(self, cursor, function, statement):
        value = cursor.referenced
        begin = cursor.extent.start.offset
        name = NAME.match(self.source, begin)
        if not value or value.kind != K.ENUM_CONSTANT_DECL or not name or name[0] != value.spelling:
            return
        if self.source[:begin].rstrip().endswith("[") and self.source[name.end() :].lstrip().startswith("] ="):
            return  # a place in a table
        listed = [c.spelling for c in value.semantic_parent.get_children() if c.kind == K.ENUM_CONSTANT_DECL]
        if len(listed) > 1:
            other = listed[(listed.index(name[0]) + 1) % len(listed)]
            self.add("verdict", begin, name.end(), other, function, statement)
        else:
            self.add("constant", begin, name.end(), f"({name[0]} + 1)", function, statement)

    def returned(self, cursor, function, statement):
        value = list(cursor.get_children())
        if not value:
            return
        begin, end = self.span(value[0])
        text = self.source[begin:end]
        if begin < end and text not in ("0", "1", "true", "false", "NULL"):
            self.add("return", begin, end, "0", function, statement)

    def effect(self, cursor, parent, function, statement):
        """A statement of its own that is nothing but a call, an assignment or a step."""
        if not parent or parent.kind not in (K.COMPOUND_STMT, K.IF_STMT, K.WHILE_STMT, K.FOR_STMT, K.CASE_STMT, K.DEFAULT_STMT):
            return
        begin, end = self.span(cursor)
        if begin >= end or not self.source[end:].lstrip().startswith(";"):
            return
        before, name = self.source[:begin].rstrip(), NAME.match(self.source, begin)
        if before.endswith("(") or (parent.kind == K.FOR_STMT and not before.endswith(")")) or (name and name[0].isupper()):
            return  # a head of a loop, a macro
        if cursor.kind != K.CALL_EXPR and not self.outlives(cursor):
            return
        self.add("remove", begin, end, "", function, statement)

    def outlives(self, cursor):
        """Is what is assigned or stepped behind a pointer, in a struct or an array: seen by others than these lines?"""
        target = next(cursor.get_children())
        begin, end = self.span(target)
        text = self.source[begin:end]
        return target.kind in (K.MEMBER_REF_EXPR, K.ARRAY_SUBSCRIPT_EXPR) or text.startswith("*")


def mutants_of(root, file, flags):
    """All mutants of one C file, in the order of their places, each with an id of its own."""
    found = sorted(Reader(root, file, flags).found, key=lambda m: (m.begin, m.end, m.kind))
    seen = {}
    for m in found:
        seen[m.id] = seen.get(m.id, 0) + 1
        if seen[m.id] > 1:
            m.id += f"-{seen[m.id]}"
    return found
