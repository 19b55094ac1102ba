"""Figures of a benchmark: kept by name and peer, and written as lines, as a table and as charts.

    figures = Figures(); figures.add("push", "samling", 81000.0); figures.write_lines(path)
A chart is plain SVG, one panel for each row: bars (a logarithmic axis where the largest is 20 times the smallest) or points over sizes."""
import html
import math
import statistics

WIDTH, LABEL, BAR, GAP = 860, 150, 20, 6
COLOURS = {"samling": "#0b6e4f", "pouchdb": "#c8553d", "floor": "#7d8597"}
TEXT = 'font-family="DejaVu Sans, Arial, sans-serif"'


def shown(value):
    """Three figures that matter, thousands apart."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        digits = max(0, int(math.floor(math.log10(abs(value)))) - 2)
        return f"{round(value, -digits):,.0f}".replace(",", " ")
    return f"{value:.3g}"


class Figures:
    def __init__(self):
        self.taken, self.units = {}, {}

    def add(self, name, who, value, unit=None):
        self.taken.setdefault((name, who), []).append(float(value))
        if unit:
            self.units[name] = unit

    def has(self, name, who):
        return (name, who) in self.taken

    def median(self, name, who):
        return statistics.median(self.taken[name, who]) if self.has(name, who) else None

    def write_lines(self, path):
        with open(path, "w", encoding="utf-8") as file:
            for (name, who), values in self.taken.items():
                unit = self.units.get(name, "")
                file.write(f"{name}.{who}\t{statistics.median(values):.6g}\t{unit}\n")
                if len(values) > 1:
                    file.write(f"{name}.{who}.least\t{min(values):.6g}\t{unit}\n{name}.{who}.most\t{max(values):.6g}\t{unit}\n"
                               f"{name}.{who}.times\t{len(values)}\t1\n")


def table(head, rows):
    """Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def words(x, y, said, size=13, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" {TEXT} {more}>{html.escape(str(said))}</text>'


def page(title, notes, body, height):
    foot = [words(16, height + 18 + 17 * i, note, 12, 'fill="#444"') for i, note in enumerate(notes)]
    height += 26 + 17 * len(notes)
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
                      f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', words(16, 28, title, 18, 'font-weight="bold"'), *body, *foot, "</svg>\n"])


def bar_width(value, values, room, logarithmic):
    if value <= 0:
        return 1.0
    if not logarithmic:
        return max(1.0, value / max(values) * room)
    low = math.floor(math.log10(min(v for v in values if v > 0)) - 0.15)
    high = math.log10(max(values))
    return max(1.0, (math.log10(value) - low) / max(high - low, 1e-9) * room)


def bars(title, notes, panels):
    """panels: (name, which is better, unit, {who: value})"""
    body, y = [], 44
    for name, better, unit, by_who in panels:
        values = list(by_who.values())
        positive = [v for v in values if v > 0]
        logarithmic = bool(positive) and max(positive) >= 20 * min(positive)
        y += 24
        body.append(words(16, y, name, 14, 'font-weight="bold"'))
        body.append(words(WIDTH - 16, y, f"{unit}; {better} is better{'; logarithmic' if logarithmic else ''}", 12, 'fill="#444" text-anchor="end"'))
        y += 8
        for who, value in by_who.items():
            width = bar_width(value, values, WIDTH - LABEL - 140, logarithmic)
            body.append(words(LABEL - 8, y + 15, who, 13, 'text-anchor="end"'))
            body.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS.get(who, "#446")}"/>')
            body.append(words(LABEL + width + 6, y + 15, shown(value)))
            y += BAR + GAP
    return page(title, notes, body, y + 10)


def slope(points):
    """The exponent of the law value = a * size ** b, by least squares of logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len(logs) < 2:
        return None
    mean_x, mean_y = (sum(pair[i] for pair in logs) / len(logs) for i in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread if spread else None


def law(exponent):
    """What that exponent says over two powers of ten; a logarithm rises by a factor of 1.2 to 2 there."""
    if exponent is None:
        return "one point"
    if exponent < -0.1:
        return "falls"
    if exponent < 0.1:
        return "constant"
    if exponent < 0.25:
        return "logarithmic"
    return "sublinear" if exponent < 0.8 else "linear" if exponent < 1.15 else "worse than linear"


def lines(title, notes, panels, columns=3):
    """Small panels over sizes, both axes logarithmic; panels: (name, [(size, value)])."""
    wide, high, body = (WIDTH - 32) / columns, 178, []
    for number, (name, points) in enumerate(panels):
        left, top = 16 + number % columns * wide, 48 + number // columns * high
        body += one_line(left, top, wide - 14, high - 16, name, points)
    return page(title, notes, body, 48 + math.ceil(len(panels) / columns) * high)


def one_line(left, top, wide, high, name, points):
    points = [(x, y) for x, y in points if x > 0 and y > 0]
    said = [words(left, top + 14, name, 13, 'font-weight="bold"'),
            f'<rect x="{left:.1f}" y="{top + 22}" width="{wide:.1f}" height="{high - 50}" fill="#f6f7f8" stroke="#ccd"/>']
    if not points:
        return said
    low_x, high_x = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    middle = sum(math.log10(y) for _, y in points) / len(points)
    reach = max(1.0, *(abs(math.log10(y) - middle) for _, y in points)) * 1.25     # never less than a power of ten each way: flat looks flat
    at = [(left + 34 + (math.log10(x) - low_x) / max(high_x - low_x, 1e-9) * (wide - 78),
           top + 22 + (high - 50) * (0.5 - (math.log10(y) - middle) / reach / 2), x, y) for x, y in points]
    said.append(f'<polyline fill="none" stroke="#0b6e4f" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in at)}"/>')
    for x, y, size, value in at:
        said.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#0b6e4f"/>')
        said.append(words(x, y - 8, shown(value), 11, 'text-anchor="middle"'))
        said.append(words(x, top + high - 14, shown(size), 10, 'text-anchor="middle" fill="#444"'))
    exponent = slope(points)
    if exponent is not None:
        said.append(words(left + wide - 6, top + high - 34, f"size^{exponent:.2f}", 11, 'text-anchor="end" fill="#444"'))
    return said
