"""Who is asked first about a mutant: whoever is likeliest to notice for each second that it takes.

How likely: how often it noticed a mutant of the same file among those about which it was asked; before anything is known, killers named
like the file or its noun, or whose text has the table's word, count most, then stories, which look at the whole outcome; but what the tenth story would notice the first
nine mostly did. It changes how long a hunt takes, not how it ends.
"""
import re
import threading

LIKE_ITS_NAME, A_STORY, ANY = 0.5, 0.3, 0.1
SWEPT_ORDER = 3  # of a killer in which each call fails once
AN_ERROR = re.compile(r"\b(err|rc)\b")
SWALLOWS = ("return", "logic", "remove")  # kinds that may pass over one
STORY_HALVES = 6  # so many stories that saw nothing halve what is expected of the next
GUESS_WEIGHS = 2.0  # as so many mutants about which it was asked
START_S = 0.15  # a link and a process


def swallows(mutant):
    """May it be that an error is not told any more?"""
    return mutant.kind in SWALLOWS and bool(AN_ERROR.search(mutant.line_text))


class Order:
    def __init__(self):
        self.lock, self.asked, self.noticed = threading.Lock(), {}, {}

    def learn(self, file, asked, by):
        with self.lock:
            for name in asked:
                self.asked[file, name] = self.asked.get((file, name), 0) + 1
            if by:
                self.noticed[file, by] = self.noticed.get((file, by), 0) + 1

    def guess(self, mutant, noun, killer):
        word = getattr(mutant, "word", None)
        if word and killer.order == 1:
            return LIKE_ITS_NAME if word in killer.text else ANY
        if self.named(mutant, noun, killer) or (killer.order == SWEPT_ORDER and swallows(mutant)):
            return LIKE_ITS_NAME
        return A_STORY if killer.order == 1 else ANY

    def named(self, mutant, noun, killer):
        """Does it say in its name that it is about the file, or its noun?"""
        stem = mutant.file.rsplit("/", 1)[-1].split(".")[0]
        return noun in killer.name or stem in killer.name

    def of(self, mutant, noun, killers):
        """The killers in the order in which to ask them: the quick ones by what they promise, and with them those in which calls fail if the
        mutant may swallow an error; then the simulator, and the slow ones."""
        early = SWEPT_ORDER if swallows(mutant) else None
        with self.lock:
            ranked = sorted(killers, key=lambda k: -self.rate(mutant, noun, k))
            worth, stories = {}, 0
            for killer in ranked:
                worth[killer.name] = self.rate(mutant, noun, killer) / 2 ** (stories / STORY_HALVES if killer.order == 1 else 0)
                stories += killer.order == 1
            return sorted(ranked, key=lambda k: (0 if k.order == early else k.late, -worth[k.name]))

    def rate(self, mutant, noun, killer):
        file = mutant.file
        asked, noticed = self.asked.get((file, killer.name), 0), self.noticed.get((file, killer.name), 0)
        share = (noticed + GUESS_WEIGHS * self.guess(mutant, noun, killer)) / (asked + GUESS_WEIGHS)
        return share / (killer.seconds + START_S)
