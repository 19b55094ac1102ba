"""equivalent.txt: mutants that nobody could notice, each with the reason. A paragraph each:

  file server/store/feed.c
  in   feed_open
  line if (f->low > f->run)
  kind compare
  to   > => >=
  why  at equality both sides say the same

It is found by what stands there, not by a line's number. `line` is the text with single spaces; `in` and `to` (from => to, as the log
tells it) say which where several stand alike.
"""


class Entry:
    def __init__(self, line_no):
        self.line_no, self.word = line_no, {}

    def fits(self, m):
        w = self.word
        return m.file == w["file"] and m.kind == w["kind"] and m.line_text == w["line"] and \
            w.get("in", m.function) == m.function and w.get("to", m.change()) == m.change()


class List:
    def __init__(self, entries):
        self.entries = entries

    def why(self, mutant):
        return next((e.word["why"] for e in self.entries if e.fits(mutant)), None)

    def gone(self, mutants):
        """Entries that fit nothing any more."""
        return [e for e in self.entries if not any(e.fits(m) for m in mutants)]


def read(path):
    entries, entry = [], None
    with open(path, encoding="utf-8") as f:
        for line_no, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("#"):
                continue
            if not line.strip():
                entry = None
                continue
            word, _, rest = line.partition(" ")
            if word not in ("file", "in", "line", "kind", "to", "why") or not rest.strip():
                raise SystemExit(f"{path} line {line_no}: {line}")
            if entry is None:
                entry = Entry(line_no)
                entries.append(entry)
            entry.word[word] = " ".join(rest.split())
    for e in entries:
        if not all(w in e.word for w in ("file", "line", "kind", "why")):
            raise SystemExit(f"{path} line {e.line_no}: file, line, kind and why are needed")
    return List(entries)
