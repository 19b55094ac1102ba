#!/usr/bin/python3
"""make demo: one Tuesday with three tablets, told as commands and what they print.

A real centre with a history (samlingd demo), served on a free port, and three real tablets (samling) over TLS. Two of one clinic
have no network and mark the same people; they disagree about one. The third is in another clinic and online. In the evening they
sync, the case that opens is shown and decided, and all who may see the row show what was decided. At the end the sums of each
tablet are added up; the exit code is 1 where they do not balance. Each line that begins with a prompt is run as it stands.

  tests/demo.py [--lang nb|en] [--seed N] [--json FILE]     language: else LC_ALL, LC_MESSAGES, LANG; FILE: the figures, for tests"""
import argparse
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

CLINIC, GROUP, OTHER_CLINIC, OTHER_GROUP = "Testnes", "tes-bev-tir", "Tenkteberg", "ten-bev-tir"     # of every demo with a history
SUMS = ("applied", "merged", "same", "superseded", "case", "quarantined", "held", "lost")
PROMPTS = {"centre": {"en": "centre", "nb": "sentral"}, "a": {"en": "A", "nb": "A"}, "b": {"en": "B", "nb": "B"}, "c": {"en": "C", "nb": "C"}}

TEXT = {
    "title": ("One Tuesday with three tablets. Everybody in it is invented; the programs are real.",
              "En tirsdag med tre nettbrett. Alle personer er oppdiktet; programmene er ekte."),
    "centre": ("A centre that has been in use for a year:",
               "En sentral som har vært i bruk i et år:"),
    "join": ("{clinic} has two tablets, A and B, {other} has C. Each is invited, shows six digits and is approved:",
             "{clinic} har to nettbrett, A og B, {other} har C. Hvert blir invitert, viser seks siffer og godkjennes:"),
    "joined": ("B and C do the same. Each fetches its own clinic's groups and nothing else:",
               "B og C gjør det samme. Hvert henter sin egen klinikks grupper og ikke noe annet:"),
    "gym": ("Ten o'clock, {group}. The gym has no coverage; A and B both take attendance. A sees {person}:",
            "Klokka ti, {group}. Salen har ikke dekning; både A og B fører oppmøte. A ser {person}:"),
    "b": ("B has not seen what A wrote. B marks all present too, but does not see {person}:",
          "B har ikke sett hva A førte. B fører også alle som møtt, men ser ikke {person}:"),
    "c": ("{other} has a network. C takes its own group and sends at once:",
          "{other} har nett. C fører sin egen gruppe og sender med en gang:"),
    "evening": ("In the evening A and B are back where there is a network:",
                "Om kvelden er A og B tilbake der det er nett:"),
    "case": ("Neither mark is lost. A coordinator reads who said what, asks, and decides:",
             "Ingen av dem er borte. En koordinator leser hvem som sa hva, spør, og avgjør:"),
    "decided": ("Both tablets fetch it and show what the centre has (1 is present). B is told what became of its mark:",
                "Begge nettbrettene henter det og viser det sentralen har (1 er møtt). B får vite hva det ble av føringen:"),
    "apart": ("C is another clinic's, and has nothing of it:",
              "C er en annen klinikks, og har ingenting av det:"),
    "sums": ("The sums. What each tablet saved is what the centre has of it:",
             "Summene. Det hvert nettbrett har lagret, er det sentralen har fra det:"),
    "sum": ("{name}: saved {saved} = sent {sent} = {parts}; waiting {waiting}",
            "{name}: lagret {saved} = sendt {sent} = {parts}; venter {waiting}"),
    "total": ("Together: {saved} saved, {sent} at the centre, {lost} lost. It balances.",
              "Til sammen: {saved} lagret, {sent} hos sentralen, {lost} tapt. Det går opp."),
    "parts": ({"applied": "taken in", "merged": "merged", "same": "same", "superseded": "replaced", "case": "in a case",
               "quarantined": "put aside", "held": "held", "lost": "lost"},
              {"applied": "tatt inn", "merged": "flettet", "same": "like", "superseded": "erstattet", "case": "i en sak",
               "quarantined": "lagt til side", "held": "holdt tilbake", "lost": "tapt"}),
}


class Story:
    """Prints what people are told and runs what they would type."""

    def __init__(self, lang, folder):
        self.lang = lang
        self.folder = folder
        self.environment = rig.clean_environment()
        self.environment.update(LANG="nb_NO.UTF-8" if lang == "nb" else "en_GB.UTF-8", PATH=rig.BUILD + ":" + os.environ["PATH"])

    def text(self, name):
        return TEXT[name][self.lang == "nb"]

    def tell(self, name, **words):
        print("\n" + self.text(name).format(**words), flush=True)

    def run(self, who, command, codes=(OK,), quiet=False):
        """Runs ${command} in the folder of the story, at the prompt of the centre or a tablet; what it printed."""
        environment = dict(self.environment)
        if who != "centre":
            environment.update(SAMLING_HOME=who, SAMLING_KEY_FILE=who + ".key", SAMLING_USER=self.users.get(who, ""))
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=rig.CALL_S, check=False)
        out = done.stdout.decode().replace(os.path.realpath(self.folder) + "/", "")
        if not quiet:
            print(f"{PROMPTS[who][self.lang]}$ {command}")
            print("".join(f"    {line}\n" for line in out.splitlines() if line), end="", flush=True)
        need(done.returncode in codes, f"{command}: exit {done.returncode}: {out}")
        return out

    def json(self, who, command, codes=(OK,)):
        return json.loads(self.run(who, command + " --json", codes, quiet=True))

    users = {"a": f"Fysioterapeut 1 {CLINIC}", "b": f"Fysioterapeut 2 {CLINIC}", "c": f"Fysioterapeut 1 {OTHER_CLINIC}"}


def last_tuesday():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return today - datetime.timedelta((today.weekday() - 1) % 7)


# ---- the story

def begins(story, centre, day, seed):
    story.tell("centre")
    story.run("centre", f"samlingd demo --seed {seed} --until {day} --home centre")
    centre.start()


def joins(story, centre):
    story.tell("join", clinic=CLINIC, other=OTHER_CLINIC)
    numbers = {}
    for who, clinic in (("a", CLINIC), ("b", CLINIC), ("c", OTHER_CLINIC)):
        quiet = who != "a"
        invite = f'samling join "$(samlingd device invite {clinic} --host {rig.HOST} --home centre)" --label {PROMPTS[who][story.lang]} | head -n 2'
        story.run(who, invite, quiet=quiet)
        device = max(centre.devices().values(), key=lambda row: int(row["device_no"]))
        numbers[who] = int(device["device_no"])
        story.run("centre", f"samlingd device approve {device['device_no']} {device['digits']} --home centre", quiet=quiet)
    story.tell("joined")
    for who in "abc":
        story.run(who, "samling sync", quiet=who != "a")
    return numbers


def marks(story, day):
    sheet = story.json("a", f"samling sheet {GROUP} --date {day}")
    person = sheet["lines"][0]["name"]
    story.tell("gym", group=next(row["name"] for row in story.json("a", "samling groups")["groups"] if row["code"] == GROUP), person=person)
    story.run("a", f"samling mark {GROUP} --date {day} --all present | tail -n 1")
    story.run("a", f"samling mark {GROUP} --date {day} '{person}=present' | head -n 1")
    story.run("a", "samling status | tail -n 1")
    story.tell("b", person=person)
    story.run("b", f"samling mark {GROUP} --date {day} --all present", quiet=True)
    story.run("b", f"samling mark {GROUP} --date {day} '{person}=no-show' | head -n 1")
    story.tell("c", other=OTHER_CLINIC)
    story.run("c", f"samling mark {OTHER_GROUP} --date {day} --all present | tail -n 1")
    story.run("c", "samling sync")
    return person, int(sheet["session"]["id"])


def decides(story, centre, session):
    before = {row["no"] for row in centre("case", "list")}
    story.tell("evening")
    story.run("a", "samling sync")
    story.run("b", "samling sync", codes=(ATTENTION,))
    opened = [row["no"] for row in centre("case", "list") if row["no"] not in before]
    need(len(opened) == 1, f"cases that opened: {opened}")
    page = centre("case", "show", opened[0])
    need(page["key1"] == session, f"{page}")
    take = next(row["take"] for row in page["values"] if row["value"].startswith("present"))
    story.tell("case")
    story.run("centre", f"samlingd case show {opened[0]} --home centre | head -n 11")
    story.run("centre", f"samlingd case decide {opened[0]} --take {take} --seen {page['seen']} --home centre")
    return opened[0]


def shown(story, who, day, person):
    """(presence, whether anything is to be done) of one line of a sheet."""
    lines = story.json(who, f"samling sheet {GROUP} --date {day}")["lines"]
    return next((row["presence"], row["state"], row["participant"]) for row in lines if row["name"] == person)


def shows(story, day, person, session):
    story.tell("decided")
    story.run("a", "samling sync", quiet=True, codes=(OK, ATTENTION))
    story.run("b", "samling sync", quiet=True, codes=(ATTENTION,))
    story.run("b", "samling attention | head -n 2")
    story.run("b", "samling attention --seen all", quiet=True)
    for who in "ab":
        story.run(who, f"samling sheet {GROUP} --date {day} | grep '{person}'")
    one, other = (shown(story, who, day, person) for who in "ab")
    need(one == other and one[0] == "present", f"A shows {one}, B {other}")
    row = story.run("centre", f"sqlite3 centre/data/samling.db 'SELECT presence FROM attendance "
                              f"WHERE session = {session} AND participant = {one[2]}'")
    need(row.strip() == "1", f"the centre has {row}")
    story.tell("apart")
    story.run("c", f"samling sheet {GROUP} 2>&1 | tail -n 1")
    story.run("c", "samling sync", quiet=True)
    need(all(row["code"] != GROUP for row in story.json("c", "samling groups")["groups"]), "another clinic's group is on tablet C")


def adds_up(story, centre, numbers):
    """Each tablet's own count against the centre's, kind by kind."""
    story.tell("sums")
    for who in numbers:     # who looked at which sheet is sent too
        story.run(who, "samling sync", quiet=True, codes=(OK, ATTENTION))
    devices, total = centre.devices(), {"saved": 0, "sent": 0, "lost": 0}
    for who, no in numbers.items():
        row, own = devices[no], story.json(who, "samling status", codes=(OK, ATTENTION))
        parts = " + ".join(f"{row[name]} {story.text('parts')[name]}" for name in SUMS if row[name])
        print("    " + story.text("sum").format(name=PROMPTS[who][story.lang], saved=own["saved"], sent=row["sent"], parts=parts,
                                                waiting=own["waiting"]))
        need(own["saved"] == row["sent"] == sum(row[name] for name in SUMS) and own["waiting"] == 0, f"tablet {no}: {own} {row}")
        for name, value in (("saved", own["saved"]), ("sent", row["sent"]), ("lost", row["lost"])):
            total[name] += value
    print("    " + story.text("total").format(**total), flush=True)
    story.run("centre", "samlingd verify --rebuild --home centre | tail -n 1")
    need(centre("verify", "--rebuild")["wrong"] == 0, "it does not verify")
    return total


def play(lang, seed):
    """The figures of the story, for the test that plays it."""
    day = last_tuesday()
    with rig.folder(prefix="samling-demo-") as root:
        centre = rig.Centre(root, init=False)
        centre.home = os.path.join(root, "centre")
        story = Story(lang, root)
        print(story.text("title"))
        try:
            begins(story, centre, day, seed)
            numbers = joins(story, centre)
            person, session = marks(story, day)
            case = decides(story, centre, session)
            shows(story, day, person, session)
            total = adds_up(story, centre, numbers)
            return {"day": str(day), "case": case, "session": session, "person": person, "open": [row["no"] for row in centre("case", "list")],
                    "verify": centre("verify", "--rebuild")["wrong"], **total}
        finally:
            centre.kill()


def language():
    given = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "nb" if given[:2] in ("nb", "nn", "no") else "en"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lang", choices=("nb", "en"), default=language())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json")
    given = parser.parse_args()
    try:
        figures = play(given.lang, given.seed)
    except (rig.Failed, subprocess.SubprocessError, OSError, KeyError) as wrong:
        print(f"demo: {wrong}", file=sys.stderr)
        return 1
    if given.json:
        with open(given.json, "w", encoding="utf-8") as out:
            json.dump(figures, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
