#!/usr/bin/python3
"""Goal: tablets are let in and shut out in the console, which takes effect on them at once; the log is read, searched and checked there; who has
seen a person is told, and two accounts, never one, erase somebody. Nobody of another clinic or role sees or does any of it."""
import os
import sqlite3
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "stranger")]
import client  # noqa: E402
import rig  # noqa: E402
from browser import PASSWORD, Browser, logged_in, refused, taken  # noqa: E402
from rig import HOST, NOT_JOINED, OK, need  # noqa: E402

XSS = "<img src=x onerror=alert(1)>"
PENDING, ACTIVE, REVOKED = 2, 3, 5
NOTHING = dict.fromkeys(("before", "who", "kind", "text", "from_s", "to_s"), "")
VERB, ACCESS, ACCOUNT = 3, 8, 10


class World:
    """Two clinics; a tablet, three persons and two coordinators at the first one."""

    def __init__(self, root):
        self.root = root
        self.centre = centre = rig.Centre(os.path.join(root, "centre"))
        centre.start()
        self.clinic, self.other = centre.clinic(), centre.clinic("Skien")
        self.kari = centre.user(self.clinic, "Kari")
        centre.user(self.other, "Nils")
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))      # a session that nobody recorded
        self.group = centre("group", "add", "--clinic", self.clinic, "--name", f"Sal {XSS}", "--days", yesterday)["id"]
        self.people = [int(row["id"]) for row in centre("participant", "add", "--count", 3, "--prefix", "Deltaker", "--group", self.group)]
        self.tablet = centre.tablet(os.path.join(root, "one"), self.clinic, "Sal 1")
        self.tablet.sync()
        self.apps, self.codes, self.pages = {}, {}, {}
        self.enter("kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", "--user", str(self.kari))
        self.enter("ola.h", "--role", "coordinator", "--clinic", "Porsgrunn")
        self.enter("nils.b", "--role", "coordinator", "--clinic", "Skien")
        self.enter("siri", "--role", "auditor")
        self.enter("rita", "--role", "admin")

    def enter(self, name, *how):
        source = f"127.0.0.{len(self.apps) + 2}"
        self.apps[name], self.codes[name] = taken(self.centre, name, *how, source=source)
        self.pages[name] = logged_in(self.centre, name, self.apps[name].code(), source)

    def rows(self, sql, *values):
        with self.centre.read() as db:
            return db.execute(sql, values).fetchall()


def good(answer, *keys):
    status, said = answer
    need(status == 200 and all(key in said for key in keys), lambda: f"{status} {said}"[:500])
    return said


def said_of(answer, status):
    """What a verb refuses, in the language of who asks."""
    got, said = answer
    need(got == status and said.get("said"), f"{got} {said}")
    return said["said"]


def said_invite(page, world):
    return good(page.post(f"/api/clinic/{world.clinic}/tablet", {"label": "locked"}))["invite"].replace("localhost", HOST)


def listed(page):
    return {row["no"]: row for row in good(page.get("/api/tablets"), "tablets")["tablets"]}


# ---- tablets

def letting_in(tap, world):
    kari, nils = world.pages["kari.b"], world.pages["nils.b"]
    with tap.test("a list of one's own clinic's tablets, with what is known of each"):
        said = good(kari.get("/api/tablets"))
        need([(row["name"], row["id"]) for row in said["clinics"]] == [("Porsgrunn", str(world.clinic))] and not said["more"], f"{said}")
        row = listed(kari)[world.tablet.no]
        need((row["label"], row["state"], row["waiting"], row["digits"], row["quarantined"], row["copy_of"], row["copied"])
             == ("Sal 1", ACTIVE, 0, None, 0, 0, False), f"{row}")
        need(row["app"].startswith("samling ") and row["model"] and row["clinic"] == str(world.clinic), f"{row}")
        need(not listed(nils) and set(listed(world.pages["rita"])) == {world.tablet.no}, "another clinic's, or not the admin's")
        refused(kari.get("/api/tablets?after=x"), 400)
        need(not good(kari.get(f"/api/tablets?after={world.tablet.no}"))["tablets"], "?after=")
    with tap.test("invited there, by a code that a tablet can use and a picture of it; not at another clinic"):
        refused(nils.post(f"/api/clinic/{world.clinic}/tablet", {"label": "x"}), 404)
        refused(kari.post("/api/clinic/999/tablet", {"label": "x"}), 404)
        refused(kari.post(f"/api/clinic/{world.clinic}/tablet", {}), 400)
        said = good(kari.post(f"/api/clinic/{world.clinic}/tablet", {"label": XSS}), "invite", "code", "expires_s", "qr")
        need(said["qr"].startswith("<svg ") and said["qr"].endswith("</svg>\n") and 0 < said["expires_s"] - time.time() <= 600, f"{said}"[:300])
        invite = said["invite"].replace("localhost", HOST)
        tablet = rig.Tablet(os.path.join(world.root, "two"), "Kari")
        code, told = tablet("join", invite, "--label", XSS)
        need(code in (OK, NOT_JOINED) and told["state"] == "pending", f"{code} {told}")
        tablet.no = int(tablet.status()["device_no"])
    with tap.test("it waits there with the digits that its own screen shows, and comes in with those alone"):
        row = listed(kari)[tablet.no]
        need((row["state"], row["digits"], row["label"]) == (PENDING, told["digits"], XSS), f"{row} {told}")
        need(good(kari.get(f"/api/tablet/{tablet.no}"))["digits"] == told["digits"], "one in full")
        wrong = f"{(int(told['digits']) + 1) % 10 ** 6:06d}"
        refused(nils.post(f"/api/tablet/{tablet.no}/approve", {"digits": told["digits"]}), 404)
        for words, status in (("--yes", 400), ("12a456", 400), (" ", 400)):
            refused(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": words}), status)
        said_of(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": ""}), 409)
        said_of(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": wrong}), 409)
        need(listed(kari)[tablet.no]["state"] == PENDING, "it is in")
        shown = f"{told['digits'][:3]} {told['digits'][3:]}"
        need(good(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": shown}))["state"] == "active", "not in")
        tablet.sync()
        need(tablet.groups(), "it has no groups")
    return tablet


def shutting_out(tap, world, tablet):
    kari, nils = world.pages["kari.b"], world.pages["nils.b"]
    with tap.test("one in full: sums that add up, its history with who did it, and what would be missing if it is lost; no person is named"):
        said = good(kari.get(f"/api/tablet/{tablet.no}"), "history", "kin")
        need(said["sent"] == sum(said[name] for name in ("applied", "merged", "same", "superseded", "case", "quarantined", "held", "lost")), f"{said}")
        need([(line["state"], line["by"]) for line in said["history"]] == [("pending", "device"), ("active", "centre")], f"{said}")
        need(said["history"][1]["who"].endswith(" kari.b"), f"{said}")
        lost = good(kari.get(f"/api/tablet/{world.tablet.no}/lost"), "devices", "unrecorded")
        need([row["device_no"] for row in lost["devices"]] == [world.tablet.no] and "Deltaker" not in f"{lost}", f"{lost}")
        for path in (f"/api/tablet/{tablet.no}", f"/api/tablet/{tablet.no}/lost"):
            refused(nils.get(path), 404)
            refused(world.pages["siri"].get(path), 403)
    with tap.test("a tablet silent since the day before yesterday: the sessions that nobody has recorded since"):
        centre = world.centre
        centre.stop()
        with sqlite3.connect(centre.store) as db:
            db.execute("UPDATE device SET last_seen_s = last_seen_s - 2 * 86400, joined_s = joined_s - 2 * 86400 WHERE device_no = ?", (world.tablet.no,))
        centre.start()
        for name, app in world.apps.items():
            world.pages[name] = logged_in(centre, name, app.code(), world.pages[name].line.source_address[0])
        kari, nils = world.pages["kari.b"], world.pages["nils.b"]
        lost = good(kari.get(f"/api/tablet/{world.tablet.no}/lost"))
        need([(row["device_no"], row["group"], row["people"]) for row in lost["unrecorded"]] == [(world.tablet.no, f"Sal {XSS}", 3)], f"{lost}")
    with tap.test("opened after wrong PINs, by the code that its own key gives, which only who looks after it is told"):
        stranger = client.Device.invited(said_invite(kari, world), "locked")
        good(kari.post(f"/api/tablet/{stranger.device_no}/approve", {"digits": stranger.digits}))
        for number in (1, 2, 999999):
            told = good(kari.post(f"/api/tablet/{stranger.device_no}/unlock", {"number": str(number)}))
            need(told == {"device_no": stranger.device_no, "number": number, "code": client.unlock_code(stranger.key, number)}, f"{told}")
        need(good(world.pages["rita"].post(f"/api/tablet/{stranger.device_no}/unlock", {"number": "1"}))["code"] == client.unlock_code(stranger.key, 1), "admin")
        refused(nils.post(f"/api/tablet/{stranger.device_no}/unlock", {"number": "1"}), 404)
        refused(world.pages["siri"].post(f"/api/tablet/{stranger.device_no}/unlock", {"number": "1"}), 403)
        for number in ("0", "1000000", "-1", "x", "1.5"):
            need(kari.post(f"/api/tablet/{stranger.device_no}/unlock", {"number": number})[0] == 400, number)
        refused(kari.post(f"/api/tablet/{stranger.device_no}/unlock", {}), 400)
        refused(kari.post("/api/tablet/999/unlock", {"number": "1"}), 404)
        found = search(world.pages["siri"], text="device unlock")["lines"]
        need(len(found) == 4 and f"{stranger.device_no}" in found[0]["text"] and "number" in found[0]["text"], f"{found}")
        need(all(stranger_code not in line["text"] for line in found for stranger_code in (client.unlock_code(stranger.key, 1), client.unlock_code(stranger.key, 2))), "a code in the log")
        good(kari.post(f"/api/tablet/{stranger.device_no}/revoke", {"reason": ""}))
        need("nettbrett" in said_of(kari.post(f"/api/tablet/{stranger.device_no}/unlock", {"number": "3"}, lang="nb"), 409), "revoked")
    with tap.test("only delivering, and in use again"):
        need(good(kari.post(f"/api/tablet/{tablet.no}/drain", {"reason": "service"}))["state"] == "draining", "drain")
        need(good(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": ""}))["state"] == "active", "again")
        tablet.sync()
    with tap.test("shut out: its open line ends at once, what it had is put aside, and it is not to be had back by a click"):
        code, _ = tablet("walk-in", world.group, "Ukjent Gjest")
        need(code == OK, f"walk-in: {code}")
        refused(nils.post(f"/api/tablet/{tablet.no}/revoke", {"reason": ""}), 404)
        refused(kari.post(f"/api/tablet/{tablet.no}/revoke", {}), 400)
        stays = world.tablet.begin("sync", "--stay", "60")       # another one, which is not meant
        need(good(kari.post(f"/api/tablet/{tablet.no}/revoke", {"reason": XSS}))["state"] == "revoked", "revoke")
        tablet("sync")
        row = listed(kari)[tablet.no]
        need(row["state"] >= REVOKED and row["quarantined"] > 0, f"{row}")
        said_of(kari.post(f"/api/tablet/{tablet.no}/approve", {"digits": ""}), 409)
    with tap.test("a tablet that stays connected is cut off within a second"):
        need(stays.poll() is None, "it does not stay")
        began = time.monotonic()
        need(good(kari.post(f"/api/tablet/{world.tablet.no}/drain", {"reason": "x"}))["state"] == "draining", "drain")
        stays.wait(10)
        tap.figure("cut_off_after_s", round(time.monotonic() - began, 3))
        good(kari.post(f"/api/tablet/{world.tablet.no}/approve", {"digits": ""}))


# ---- the log

def search(page, **how):
    return good(page.post("/api/log", {**NOTHING, **{name: str(value) for name, value in how.items()}}), "lines", "before", "head")


def reading(tap, world):
    siri, rita, kari = world.pages["siri"], world.pages["rita"], world.pages["kari.b"]
    with tap.test("the log, newest first, for auditor and admin; what others wrote into it is told as it is"):
        said = search(siri)
        numbers = [line["no"] for line in said["lines"]]
        need(len(numbers) == 50 and numbers == sorted(numbers, reverse=True) and said["before"] == numbers[-1], f"{numbers}")
        need(search(rita)["lines"] and search(siri, before=said["before"])["lines"][0]["no"] == said["before"] - 1, "older")
        found = search(siri, text="device revoke")["lines"]
        need(len(found) == 2 and XSS in found[0]["text"] and found[0]["actor"].endswith(" kari.b") and found[0]["kind"] == VERB, f"{found}")
        refused(kari.post("/api/log", NOTHING), 403)
    with tap.test("looked for by who, kind, word and time; great and small letters are one"):
        need({line["kind"] for line in search(siri, kind=ACCOUNT)["lines"]} == {ACCOUNT}, "kind")
        found = search(siri, who="KARI.B", kind=VERB)["lines"]
        need(found and all("kari.b" in line["actor"] for line in found), f"{found}")
        need(not search(siri, text="'; DROP TABLE audit; --")["lines"], "a word that is none")
        now = int(time.time())
        need(not search(siri, to_s=now - 3600)["lines"] and not search(siri, from_s=now + 3600)["lines"], "time")
        need(search(siri, from_s=now - 3600, to_s=now + 3600)["lines"], "time")
        senders = [line["devices"] for line in search(siri, kind=2)["lines"]]
        need([world.tablet.no] in senders or [1] in senders, f"{senders}")
        for body in ({}, {**NOTHING, "before": "-1"}, {**NOTHING, "kind": "x"}, {**NOTHING, "to_s": "9" * 20}, {**NOTHING, "text": "x" * 200}):
            refused(siri.post("/api/log", body), 400)
    with tap.test("its head is what a tablet is told, and its chain is whole"):
        world.tablet.sync()
        said, upto, lines = {"more": True}, 0, 0
        while said["more"]:
            said = good(siri.get(f"/api/log/check?after={upto}"), "upto", "wrong", "head")
            upto, lines = said["upto"], lines + said["lines"]
            need(not said["wrong"], f"{said}")
        need(lines == upto == said["count"], f"{said} {lines}")
        world.centre("verify", "--anchor", said["head"])
        count, head = world.tablet.status()["audit_anchor"].split(":")
        need(int(count) <= upto and len(head) == 16, f"{count} {head}")
        with sqlite3.connect(world.centre.store, timeout=5) as db:
            was = db.execute("SELECT actor FROM audit WHERE no = 7").fetchone()[0]
            db.execute("UPDATE audit SET actor = 'somebody else' WHERE no = 7")
        need(good(siri.get("/api/log/check"))["wrong"] == [7], "a line that was changed is not noticed")
        with sqlite3.connect(world.centre.store, timeout=5) as db:
            db.execute("UPDATE audit SET actor = ? WHERE no = 7", (was,))
            line = db.execute("SELECT * FROM audit WHERE no = 9").fetchone()
            db.execute("DELETE FROM audit WHERE no = 9")
        need(good(siri.get("/api/log/check"))["wrong"] == [10], "a line that was taken out is not noticed")
        with sqlite3.connect(world.centre.store, timeout=5) as db:
            db.execute(f"INSERT INTO audit VALUES ({', '.join('?' * len(line))})", line)
        need(not good(siri.get("/api/log/check"))["wrong"], "it is as it was")
        refused(siri.get("/api/log/check?after=x"), 400)
        refused(siri.get("/api/log/check?after=999999"), 404)


def seeing(tap, world):
    siri, kari, nils, person = world.pages["siri"], world.pages["kari.b"], world.pages["nils.b"], world.people[0]
    with tap.test("who has seen a person: for the auditor, who is told no name, and at the person's clinic; and that is noted"):
        code, _ = world.tablet("note", "list", person, "--why", "treatment")
        need(code == OK, f"note list: {code}")
        world.tablet.sync()
        world.centre("participant", "list")                      # a list on which the person stands
        said = good(siri.get(f"/api/log/seen/{person}"), "count", "lines")
        need(said["count"] == len(said["lines"]) > 1 and "Deltaker" not in f"{said}", f"{said}")
        seen = [line for line in said["lines"] if line["device_no"] == world.tablet.no]
        need(len(seen) == 1 and seen[0]["who"] == "Kari" and seen[0]["why"] and not seen[0]["list"], f"{seen}")
        need(any(line["list"] for line in said["lines"]), f"no list: {said}")
        again = good(kari.get(f"/api/participant/{person}/seen", lang="nb"))
        need(again["count"] == said["count"] + 1 and again["lines"][-1]["who"].endswith(" siri"), f"{again['lines'][-1]}")
        need(again["lines"][0]["action"] != said["lines"][0]["action"], "not in the language of who asks")
        rows = world.rows("SELECT actor FROM access_log WHERE participant = ? AND resource = 'access' ORDER BY audit_no", person)
        need([row[0].split()[-1] for row in rows] == ["siri", "kari.b"], f"{rows}")
    with tap.test("not for another clinic or role, and nothing is told of it"):
        refused(nils.get(f"/api/participant/{person}/seen"), 404)
        refused(kari.get("/api/participant/999/seen"), 404)
        refused(kari.get(f"/api/log/seen/{person}"), 403)
        refused(world.pages["rita"].get(f"/api/log/seen/{person}"), 403)
        refused(Browser(world.centre.port).get(f"/api/log/seen/{person}"), 401)
    with tap.test("found by index, not by reading the whole log"):
        with world.centre.read() as db:
            for sql in ("SELECT audit_no, part FROM access_log WHERE participant = 1 AND participant > 0 ORDER BY audit_no, part",
                        "SELECT audit_no, part FROM access_log WHERE participant = 0 AND group_id = 1 ORDER BY audit_no, part",
                        "SELECT group_id FROM access_log WHERE participant = 0 AND group_id > 1 ORDER BY group_id LIMIT 1"):
                plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}"))
                need("SEARCH access_log USING" in plan and "SCAN" not in plan and "TEMP" not in plan, f"{sql}: {plan}")


# ---- erasing

def erasing(tap, world):
    kari, ola, nils, person = world.pages["kari.b"], world.pages["ola.h"], world.pages["nils.b"], world.people[1]
    address = f"/api/erasure/{person}"
    with tap.test("one account asks, with a reason; nothing is erased, and only who may do it sees it"):
        refused(nils.post(address, {"reason": "x"}), 404)
        refused(world.pages["siri"].post(address, {"reason": "x"}), 403)
        refused(world.pages["rita"].post(address, {"reason": "x"}), 403)
        refused(kari.post(address, {}), 400)
        said_of(kari.post(address, {"reason": ""}), 400)
        said_of(ola.post(f"{address}/confirm"), 409)
        need(good(kari.post(address, {"reason": XSS}))["participant"] == person, "asked")
        rows = good(ola.get("/api/erasures"))["requests"]
        need([(row["participant"], row["name"].startswith("Deltaker"), row["reason"], row["mine"], row["old"]) for row in rows]
             == [(str(person), True, XSS, False, False)], f"{rows}")
        need(good(kari.get("/api/erasures"))["requests"][0]["mine"] and not good(nils.get("/api/erasures"))["requests"], "whose it is")
        last = world.rows("SELECT actor, participant, resource FROM access_log WHERE resource = 'erase' ORDER BY audit_no DESC LIMIT 1")[0]
        need(last[0].endswith(" kari.b") and last[1] == person, f"{last}")
    with tap.test("the same person does not confirm: neither the account, nor another one of that user, nor under that name at the machine"):
        said_of(kari.post(f"{address}/confirm"), 409)
        world.enter("kari.to", "--role", "coordinator", "--user", str(world.kari))
        said_of(world.pages["kari.to"].post(f"{address}/confirm"), 409)
        for name in ("kari.b", "KARI"):
            code, _, err = world.centre.seen("erase", "confirm", str(person), "--operator", name)
            need(code == 1 and "kari.b" in err, f"{code} {err}")
        refused(nils.post(f"{address}/confirm"), 404)
        need(world.rows("SELECT count(*) FROM participant WHERE id = ? AND name IS NOT NULL", person)[0][0] == 1, "it is erased")
    with tap.test("taken back, nobody confirms it; asked anew and confirmed by another, it is gone, also from the tablet"):
        need(good(ola.post(f"{address}/withdraw"))["participant"] == person, "withdrawn")
        said_of(ola.post(f"{address}/confirm"), 409)
        good(kari.post(address, {"reason": "vedtak 12/26"}))
        said = good(ola.post(f"{address}/confirm"))
        need(said["participant"] == person and said["numbers"] == 1, f"{said}")
        need(not world.rows("SELECT 1 FROM enrolment WHERE participant = ?", person), "it stays")
        need(not good(kari.get("/api/erasures"))["requests"], "it waits")
        world.tablet.sync()
        with world.centre.read() as db:
            scopes = db.execute("SELECT count(*) FROM erased_scope WHERE scope = ?", (world.group,)).fetchone()
        need(scopes[0] >= 1 and world.tablet.status()["waiting"] == 0, f"{scopes}")
        lines = [line for line in search(world.pages["siri"], text="erase confirm")["lines"] if line["kind"] == ACCESS]
        need(lines and lines[0]["actor"].endswith(" ola.h") and str(person) in lines[0]["text"], f"{lines}")
        world.centre("verify", "--rebuild")
    with tap.test("a user of the machine who is somebody else counts as the second one"):
        other = world.people[2]
        good(kari.post(f"/api/erasure/{other}", {"reason": "vedtak 13/26"}))
        world.centre("erase", "confirm", other, "--operator", "Drift")
        need(not world.rows("SELECT 1 FROM enrolment WHERE participant = ?", other), "it stays")


# ---- the own account

def own(tap, world):
    page = world.pages["ola.h"]
    with tap.test("the own account: what it may, and where"):
        said = good(page.get("/api/account"), "name", "roles")
        need((said["name"], said["codes"], [(role["role"], role["unit"], role["to_day"]) for role in said["roles"]])
             == ("ola.h", 10, [(2, "Porsgrunn", None)]), f"{said}")
        need(good(world.pages["siri"].get("/api/account"))["roles"][0]["unit"] is None, "the whole centre")
        refused(Browser(world.centre.port).get("/api/account"), 401)
    with tap.test("another password: shown first, judged, and the account's other sessions end"):
        late = logged_in(world.centre, "ola.h", world.codes["ola.h"][0], "127.0.0.20")
        refused(page.post("/api/account/password", {"password": "short"}), 400)
        refused(page.post("/api/account/password", {"passord": "x"}), 400)
        before = page.sid
        good(page.post("/api/login/unlock", {"password": PASSWORD}))
        need(good(page.post("/api/account/password", {"password": PASSWORD + " og et bord"}))["name"] == "ola.h", "changed")
        need(page.get("/api/account")[0] == 200 and page.sid != before, "still in, with another id")
        refused(Browser(world.centre.port).get("/api/account", sid=late.sid), 401)
        refused(Browser(world.centre.port, "127.0.0.21").post("/api/login", {"name": "ola.h", "password": PASSWORD}), 401)
    with tap.test("new recovery codes, once; the page's token is needed"):
        refused(page.post("/api/account/codes", token=False), 403)
        page.get("/api/session")
        codes = good(page.post("/api/account/codes"), "codes")["codes"]
        need(len(set(codes)) == 10, f"{codes}")
        half = Browser(world.centre.port, "127.0.0.22")
        half.post("/api/login", {"name": "ola.h", "password": PASSWORD + " og et bord"})
        need(half.post("/api/login/second", {"word": codes[0]})[1]["state"] == "open", "a new code")
        need(good(half.get("/api/account"))["codes"] == 9, "one is used")
        for text in (world.centre.log(1 << 24), world.centre("audit", "list", "--last", 500, parse=False)):
            need(codes[0] not in text and "og et bord" not in text, "a secret is written down")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        world = World(root)
        try:
            tablet = letting_in(tap, world)
            shutting_out(tap, world, tablet)
            for part in (reading, seeing, erasing, own):
                part(tap, world)
        finally:
            world.centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
