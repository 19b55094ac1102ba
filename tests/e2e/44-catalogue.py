#!/usr/bin/python3
"""A coordinator keeps the catalogue of interventions, receives and assesses referrals, moves somebody to another clinic and back, and
asks who has completed a course: by what tablets marked, per episode across groups, and without anything being changed for it."""
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

REFUSED, USAGE = 1, 2
COLUMNS = 120
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def day(ago):
    return str(TODAY - datetime.timedelta(days=ago))


def refused(centre, why, *words, code=REFUSED):
    got, out, err = centre.seen(*words, "--lang", "en")
    need(got == code and why in err and not out, lambda: f"{words}: exit {got}: {out} {err}")


def one(centre, query, *values):
    with centre.read() as db:
        return db.execute(query, values).fetchall()


def course(centre, clinic, name, intervention, *ago):
    """A group of so many days ago."""
    return centre("group", "add", "--clinic", clinic, "--name", name, "--kind", "course", "--days", ",".join(day(n) for n in ago),
                  "--intervention", intervention)["id"]


def sessions(centre, group):
    return [row[0] for row in one(centre, "SELECT id FROM session WHERE group_id = ? AND dead <= 0 ORDER BY day", group)]


def completion(centre, word):
    return {row["person"]: row for row in centre("completion", word)}


def verdict(row):
    return (row["verdict"], row["why"], row["held"], row["attended"], row["unknown"])


# ---- the catalogue

def catalogue(tap, centre):
    with tap.test("a version is never changed: the same code again is the next version"):
        made = [centre("intervention", "add", "--code", 10, "--name", "Bevegelse", "--sessions", 4, "--minutes", 60),
                centre("intervention", "add", "--code", 20, "--name", "Todagerskurs", "--sessions", 2, "--completion", 100,
                       "--end-score", "no"),
                centre("intervention", "add", "--code", 10, "--name", "Bevegelse kort", "--completion", 50, "--end-score", "nei", "--nav")]
        need([(m["code"], m["version"]) for m in made] == [(10, 1), (20, 1), (10, 2)], f"{made}")
        rows = {(r["code"], r["version"]): r for r in centre("intervention", "list")}
        usual, later = rows[10, 1], rows[10, 2]
        need([usual[f] for f in ("completion_percent", "misses", "return_days", "end_score", "active", "nav")] == [75, 3, 28, 1, 1, 0],
             f"{usual}")
        need([later[f] for f in ("completion_percent", "end_score", "nav", "sessions")] == [50, 0, 1, ""], f"{later}")
    with tap.test("what does not fit is refused with what would"):
        refused(centre, "from 0 to 100", "intervention", "add", "--code", 30, "--name", "X", "--completion", 101)
        refused(centre, "from 1 to 60", "intervention", "add", "--code", 30, "--name", "X", "--sessions", 0)
        refused(centre, "yes, no", "intervention", "add", "--code", 30, "--name", "X", "--end-score", "maybe")
        refused(centre, "1 to 120 bytes", "intervention", "add", "--code", 30, "--name", "")
        refused(centre, "Usage", "intervention", "add", "--name", "X", code=USAGE)
        refused(centre, "no intervention 11", "intervention", "retire", "11")
        refused(centre, "10/2", "intervention", "retire", "ten")
        need(len(centre("intervention", "list")) == 3, "one of them was made")


def following(tap, centre, clinic):
    with tap.test("sessions carry the version of the day they were planned, and keep it"):
        old = course(centre, clinic, "Gammel", "10/1", 70, 63)
        weekly = centre("group", "add", "--clinic", clinic, "--name", "Ukentlig", "--weekday", 3)["id"]
        first = centre("intervention", "list")[0]["id"]
        need(one(centre, "SELECT DISTINCT intervention FROM session WHERE group_id = ?", old) == [(first,)], "the course's sessions")
        need(one(centre, "SELECT DISTINCT intervention FROM session WHERE group_id = ?", weekly) == [(None,)], "of no intervention")
        need(centre("group", "set", weekly, "--intervention", "10/1")["sessions"] >= 8, "the sessions to come")
        need(centre("group", "set", weekly, "--intervention", "10")["sessions"] == 0, "those that carry one keep it")
        need(one(centre, "SELECT DISTINCT intervention FROM session WHERE group_id = ?", weekly) == [(first,)], "a version changed")
        need({r["name"]: r["intervention"] for r in centre("group", "list")} == {"Gammel": "10/1", "Ukentlig": "10/2"},
             f"{centre('group', 'list')}")
    with tap.test("what is out of use is followed by no further group, and stays where it is"):
        need(centre("intervention", "retire", "10/2")["retired"] == 1, "retired")
        refused(centre, "no intervention 10/2", "group", "set", old, "--intervention", "10/2")
        need({r["name"]: r["intervention"] for r in centre("group", "list")}["Ukentlig"] == "10/2", "the group went on")
        need(centre("group", "set", old, "--intervention", "none")["intervention"] == 0, "none")


# ---- referrals

def referrals(tap, centre, clinic, person):
    with tap.test("a referral is received, assessed and followed up"):
        episode = centre("episode", "add", person, "--clinic", clinic, "--referred", day(100), "--source", "gp", "--target", "mixed",
                         "--goal", "gjenoppta arbeid")["id"]
        centre("episode", "assess", episode, "--date", day(97), "--right", "yes", "--deadline", day(60))
        centre("episode", "set", episode, "--first-contact", day(90), "--outcome", "own")
        centre("episode", "set", episode, "--source", "nav")
        row = centre("episode", "list", person)[0]
        need([row[f] for f in ("referred", "source", "target", "goal", "assessed", "right", "deadline", "first_contact", "outcome")] ==
             [day(100), "nav", "mixed", "resume-work", day(97), "yes", day(60), day(90), "own"], f"{row}")
        code, out, err = centre.seen("episode", "list", "--clinic", clinic, "--lang", "nb")
        need(code == 0 and "henvist av NAV" in out and "rett til helsehjelp" in out and "gjenoppta arbeid" in out, f"{out} {err}")
    with tap.test("and what cannot be is refused"):
        refused(centre, str(episode), "episode", "add", person, "--clinic", clinic, "--referred", day(100))
        refused(centre, "before the referral", "episode", "assess", episode, "--date", day(101), "--right", "no")
        refused(centre, "before the referral", "episode", "set", episode, "--referred", day(50))
        refused(centre, "gp, specialist", "episode", "set", episode, "--source", "somebody")
        refused(centre, "no episode", "episode", "set", 17, "--goal", "unknown")
    return episode


# ---- completion

def marked(centre, tablet, group, people, weeks):
    """${weeks}: a word for each session: a letter for each person, + present, - no-show, ~ notified, . nothing."""
    words = {"+": "present", "-": "no-show", "~": "notified"}
    for session, letters in zip(sessions(centre, group), weeks):
        tablet.mark(session, {p: words[letter] for p, letter in zip(people, letters) if letter in words})
    tablet.sync()


def enrolled(centre, group, *names):
    rows = centre("participant", "add", *names, "--group", group, "--start", day(80))
    return [row["id"] for row in rows]


def completed(tap, centre, clinic, tablet):
    group = course(centre, clinic, "Bevegelse 1", "10/1", 70, 63, 56, 49)
    people = enrolled(centre, group, "Anne", "Berit", "Cato", "Dag", "Even")
    tablet.sync()
    #                                        Anne 3 of 4, Berit 2 of 4, Cato 3 in a row, Dag unknown in one, Even in all but one
    marked(centre, tablet, group, people, ["+++++", "++-++", "+-~+.", "~--.+"])
    with tap.test("who attended three of four has completed, once there is a score at the end"):
        rows = completion(centre, "Bevegelse 1")
        need(verdict(rows["Anne"]) == ("cannot-be-said", "end-score", 4, 3, 0), f"{rows['Anne']}")
        tablet.done("score", "Anne", "pain-rest", "3", "--occasion", "end", "--date", day(49))
        early = tablet.done("score", "Even", "pain-rest", "3", "--occasion", "end", "--date", day(49))["form"]["id"]
        tablet.done("score", "Even", "pain-rest", "3", "--occasion", "start", "--date", day(80), "--replaces", early)
        tablet.sync()
        rows = completion(centre, group)
        need(verdict(rows["Anne"]) == ("completed", "", 4, 3, 0) and rows["Anne"]["end_score"] == "yes", f"{rows['Anne']}")
        need(rows["Even"]["end_score"] == "no", "a form that was corrected to another occasion is none of the end")
    with tap.test("who did not is told why: too few, three in a row and no return, or not known yet"):
        need(verdict(rows["Berit"]) == ("interrupted", "ended", 4, 2, 0) and rows["Berit"]["in_row"] == 2, f"{rows['Berit']}")
        need(verdict(rows["Cato"]) == ("interrupted", "misses", 4, 1, 0) and rows["Cato"]["longest"] == 3, f"{rows['Cato']}")
        need(verdict(rows["Dag"]) == ("cannot-be-said", "end-score", 4, 3, 1), f"{rows['Dag']}")
        need(verdict(rows["Even"]) == ("cannot-be-said", "end-score", 4, 3, 1), f"{rows['Even']}")
    with tap.test("where the enrolment says something else it is marked, and a person decides"):
        before = one(centre, "SELECT max(first_csn) FROM push")
        need([n for n, r in sorted(rows.items()) if r["differs"]] == ["Anne", "Berit", "Cato"], f"{rows}")
        code, out, err = centre.seen("completion", "Bevegelse 1", "--lang", "nb")
        need(code == 0 and out.count("(!)") == 4 and "avbrutt: uteblitt på rad" in out, f"{out} {err}")
        need(all(len(line) <= COLUMNS for line in out.splitlines()), out)
        need(one(centre, "SELECT max(first_csn) FROM push") == before, "asking changed something")
        centre("participant", "enrol", "Anne", "--group", group, "--status", "completed")
        centre("participant", "enrol", "Cato", "--group", group, "--status", "avbrutt", "--end", day(49))
        rows = completion(centre, group)
        need([n for n, r in sorted(rows.items()) if r["differs"]] == ["Berit"], f"{rows}")
        need(one(centre, "SELECT participant, status, end_day IS NOT NULL, start_day FROM enrolment WHERE group_id = ? AND status > 4 "
                 "ORDER BY participant", group) ==
             [(people[0], 5, 1, (TODAY - datetime.date(1970, 1, 1)).days - 80), (people[2], 6, 1, (TODAY - datetime.date(1970, 1, 1)).days - 80)],
             "status, last day and first day")
    with tap.test("what was said of somebody who was taken for another counts where they are shown as one"):
        last = sessions(centre, group)[-1]
        again = tablet.done("walk-in", "--session", last, "Dag S.")["participant"]
        tablet.done("score", again, "pain-rest", "2", "--occasion", "end", "--date", day(49))
        tablet.sync()
        centre("participant", "link", again, people[3])
        row = completion(centre, group)["Dag"]
        need(verdict(row) == ("completed", "", 4, 4, 0) and row["end_score"] == "yes", f"{row}")
        centre("participant", "unlink", again)
        need(verdict(completion(centre, group)["Dag"]) == ("cannot-be-said", "end-score", 4, 3, 1), "they are two again")
        centre("participant", "link", again, people[3])
        need([r["verdict"] for r in centre("completion", again)] == ["completed"], "asked by the other name")
    with tap.test("numbers of another version do not reach what was held"):
        centre("intervention", "add", "--code", 10, "--name", "Streng", "--completion", 90, "--sessions", 4)
        centre("group", "set", group, "--intervention", "10/3")
        need((completion(centre, group)["Anne"]["verdict"], completion(centre, group)["Anne"]["version"]) == ("completed", 1), "another rule")
        centre("group", "set", group, "--intervention", "10/1")
    with tap.test("a word that names neither a group nor a person is told so"):
        refused(centre, "no group and no participant", "completion", "Nobody")
    return people


def two_days(tap, centre, clinic, tablet):
    first, second = course(centre, clinic, "Kurs 1", "20", 40, 39), course(centre, clinic, "Kurs 2", "20", 20, 19)
    per, siri = enrolled(centre, first, "Per", "Siri")
    tablet.sync()
    marked(centre, tablet, first, [per, siri], ["++", "--"])
    with tap.test("of a course of two days one day is not enough"):
        need(verdict(completion(centre, first)["Per"]) == ("interrupted", "ended", 2, 1, 0), f"{completion(centre, first)['Per']}")
    episode = centre("episode", "add", per, "--clinic", clinic, "--referred", day(90))["id"]
    centre("participant", "enrol", per, "--group", first, "--episode", episode)
    for person in (per, siri):
        centre("participant", "enrol", person, "--group", second, "--start", day(25), *(["--episode", episode] if person == per else []))
    tablet.sync()
    marked(centre, tablet, second, [per, siri], ["--", "++"])
    with tap.test("day 1 in one group and day 2 in another complete it, under one episode"):
        row = completion(centre, "Per")["Per"]
        need(verdict(row) == ("completed", "", 4, 2, 0) and row["enrolments"] == 2 and row["episode"] == episode, f"{row}")
        need(verdict(completion(centre, second)["Per"]) == verdict(row) and verdict(completion(centre, first)["Per"]) == verdict(row),
             "the same from either group")
        alone = centre("completion", "Siri")
        need([r["verdict"] for r in alone] == ["interrupted", "interrupted"], f"without an episode each counts by itself: {alone}")
    with tap.test("nobody's episode is taken for somebody else's"):
        refused(centre, "not stored", "participant", "enrol", siri, "--group", second, "--episode", episode)


# ---- moving

def hung(tablet, person):
    return (len(tablet.done("score", "list", person)["forms"]), len(tablet.done("note", "list", person)["notes"]))


def listed(tablet, group):
    """Who is expected at the group's next session."""
    coming = [row["id"] for row in tablet.done("sessions", group)["sessions"] if row["day"] > str(TODAY)]
    return [int(line["participant"]) for line in tablet.done("sheet", "--session", coming[0])["lines"]]


def moving(tap, centre, clinic, other, tablet, away):
    quiet = (TODAY + datetime.timedelta(days=4)).isoweekday()  # nothing is planned there today, whatever day it is
    here = centre("group", "add", "--clinic", clinic, "--name", "Her", "--weekday", quiet)["id"]
    there = centre("group", "add", "--clinic", other, "--name", "Der", "--weekday", quiet)["id"]
    kari = centre("participant", "add", "Frida", "--group", here, "--planned", 8, "--start", day(30))[0]["id"]
    episode = centre("episode", "add", kari, "--clinic", clinic)["id"]
    centre("participant", "enrol", kari, "--group", here, "--episode", episode)
    tablet.sync()
    tablet.done("score", kari, "pain-rest", "4", "--occasion", "start")
    tablet.done("note", kari, "Går med staver")
    tablet.sync()
    away.sync()
    with tap.test("what would come along is told before"):
        said = centre("participant", "move", kari, "--from", here, "--to", there, "--preview")
        need((said["forms"], said["notes"], said["episodes"], said["moved"]) == (1, 1, 1, 0), f"{said}")
        need(one(centre, "SELECT group_id FROM enrolment WHERE participant = ?", kari) == [(here,)], "a preview moved somebody")
    with tap.test("somebody moves to another clinic, and what is about them is there"):
        need(away("score", "list", kari)[0] != 0, "the other clinic knew before")
        before = one(centre, "SELECT count(*) FROM push")[0][0]
        centre("participant", "move", "Frida", "--from", "Her", "--to", "Der")
        need(one(centre, "SELECT count(*) FROM push")[0][0] == before + 2, "two changes of the centre's own")
        away.sync()
        need(hung(away, kari) == (1, 1), f"{hung(away, kari)}")
        need(listed(away, "Der") == [kari], f"{listed(away, 'Der')}")
        tablet.sync()
        need(listed(tablet, "Her") == [], f"{listed(tablet, 'Her')}")
        rows = dict((r[0], r[1:]) for r in one(centre, "SELECT group_id, status, planned_sessions, episode, end_reason FROM enrolment "
                                               "WHERE participant = ?", kari))
        need(rows[there] == (4, 8, episode, None) and rows[here] == (6, 8, episode, 1), f"{rows}")
        ends = one(centre, "SELECT end_day - (SELECT start_day FROM enrolment WHERE group_id = ? AND participant = ?) FROM enrolment "
                   "WHERE group_id = ? AND participant = ?", there, kari, here, kari)
        need(ends == [(-1,)], f"the day before the first there is the last here: {ends}")
        refused(centre, "already", "participant", "move", kari, "--from", here, "--to", there)
    with tap.test("moving back undoes it: the old enrolment goes on from its first day"):
        centre("participant", "move", kari, "--from", there, "--to", here)
        rows = dict((r[0], r[1:]) for r in one(centre, "SELECT group_id, status, end_day, end_reason, start_day FROM enrolment "
                                               "WHERE participant = ?", kari))
        need(rows[here] == (4, None, None, (TODAY - datetime.date(1970, 1, 1)).days - 30) and rows[there][0] == 6, f"{rows}")
        row = centre("completion", kari)
        need([(r["group"], r["status"], r["differs"]) for r in row] == [("Der", "discontinued", 0), ("Her", "attending", 0)], f"{row}")
    with tap.test("nobody is moved away from a session that they attended"):
        tablet.sync()
        extra = tablet.done("session", "add", "Her", str(TODAY))["session"]
        tablet.mark(extra, {kari: "present"})
        tablet.sync()
        refused(centre, "choose a later day", "participant", "move", kari, "--from", here, "--to", there)
        centre("participant", "move", kari, "--from", here, "--to", there, "--date", day(-1))
        refused(centre, "not in Her", "participant", "move", kari, "--from", here, "--to", "Bevegelse 1")


def leaders(tap, centre):
    with tap.test("who leads a group or a session is added, taken away and added again, each for itself"):
        for what in (("group", "leader"), ("session", "leader")):
            on = ("Ukentlig",) if what[0] == "group" else (str(sessions(centre, one(centre, "SELECT id FROM groups WHERE name = 'Kurs 1'")[0][0])[0]),)
            centre(*what, "add", *on, "Kari")
            centre(*what, "add", *on, "Nils", "--role", "psykolog")
            centre(*what, "remove", *on, "Kari")
            refused(centre, "does not lead", *what, "remove", *on, "Kari")
            need([(r["name"], r["role"]) for r in centre(*what, "list", *on)] == [("Nils", "psychologist")], "one is left")
            centre(*what, "add", *on, "Kari")
            need(sorted(r["name"] for r in centre(*what, "list", *on)) == ["Kari", "Nils"], "she leads again")
        need(len(centre("session", "list", "--group", "Kurs 1", "--from", day(40), "--to", day(39))) == 2, "--to is a day there, and no file")
        need(len(centre("session", "leader", "list", "Kurs 1", "--date", day(40))) == 2, "by group and date")
        refused(centre, "no session", "session", "leader", "list", "Kurs 1", "--date", day(41))
        refused(centre, "no user", "group", "leader", "add", "Ukentlig", "Nobody")


def whole(tap, centre):
    with tap.test("the audit log tells the verbs without names, and the store verifies and rebuilds to itself"):
        text = "\n".join(str(row) for row in centre("audit", "list", "--last", 400))
        need("participant move" in text and "episode assess" in text and "completion" in text, text[-500:])
        need(not any(name in text for name in ("Frida", "Anne", "Cato", "staver")), "a name stands in the audit log")
        looked = {row[0] for row in one(centre, "SELECT DISTINCT resource FROM access_log")}
        need({"completion", "episode", "enrolment"} <= looked, f"the access log knows of {looked}")
        code, out, err = centre.seen("verify")
        need(code == 0, f"verify: {out} {err}")
        centre.stop()
        code, out, err = centre.seen("rebuild", "--json")
        need(code == 0 and '"changed":0' in out.replace(" ", ""), f"rebuild: {out} {err}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic, other = centre.clinic("Nord"), centre.clinic("South")
            centre.user(clinic, "Kari")
            centre.user(other, "Nils")
            catalogue(tap, centre)
            following(tap, centre, clinic)
            tablet = centre.tablet(os.path.join(root, "here"), clinic, "Gym")
            away = centre.tablet(os.path.join(root, "away"), other, "Away", user="Nils")
            people = completed(tap, centre, clinic, tablet)
            referrals(tap, centre, clinic, people[0])
            two_days(tap, centre, clinic, tablet)
            moving(tap, centre, clinic, other, tablet, away)
            leaders(tap, centre)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
