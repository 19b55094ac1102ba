#!/usr/bin/python3
"""The centre's keys lie where the service manager hands them over, and not in its own folder: it serves as before, to the tablets that it
had; without them it does not start, and makes no others in their place."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import OK, need  # noqa: E402

KEYS = ("master.key", "ticket.key", "tls.key")


def away(centre, credentials):
    os.mkdir(credentials, 0o700)
    for name in KEYS:
        os.rename(os.path.join(centre.home, "keys", name), os.path.join(credentials, name))
        os.chmod(os.path.join(credentials, name), 0o400)


def kept(centre):
    return sorted(name for name in os.listdir(os.path.join(centre.home, "keys")) if name in KEYS)


def serves(tap, root):
    centre = rig.Centre(os.path.join(root, "centre"))
    credentials = os.path.join(root, "credentials")
    try:
        centre.start()
        clinic = centre.clinic()
        group, people = centre.group(clinic, "Bevegelse", 2)
        centre.user(clinic)
        tablet = centre.tablet(os.path.join(root, "tablet"), clinic)
        tablet.sync()
        centre.stop()
        away(centre, credentials)
        with tap.test("without its keys it does not start, and makes no new ones"):
            started = True
            try:
                centre.start()
            except rig.Failed:
                started = False
            need(not started, "it serves without keys")
            centre.kill()
            need("key_missing" in centre.log() and kept(centre) == [], f"{kept(centre)}: {centre.log(400)}")
        os.environ["CREDENTIALS_DIRECTORY"] = credentials
        with tap.test("with them it serves the tablets that it had"):
            centre.start()
            session = tablet.sessions(group)[0]
            tablet.mark(session, {people[0]: "present"})
            tablet.sync()
            need(centre.devices()[tablet.no]["applied"] == 1, "the tablet is another to it")
        with tap.test("and lets new ones in, whose keys only it can read"):
            other = centre.tablet(os.path.join(root, "other"), clinic)
            other.sync()
            need(other.status()["state"] == "active", f"{other.status()}")
        with tap.test("init beside it makes what is missing, and no second key"):
            centre.stop()
            code, out, err = centre.seen("init", "--host", "localhost")
            need(code in (0, 1) and kept(centre) == [], f"exit {code}, {kept(centre)}: {out} {err}")
        with tap.test("one that is not whole is an error, not a reason for another"):
            path = os.path.join(credentials, "master.key")
            os.chmod(path, 0o600)
            with open(path, "r+b") as file:
                file.truncate(31)
            code, out, err = centre.seen("device", "list")
            need(code != OK, f"{out} {err}")
        with tap.test("a variable that names no folder changes nothing for whoever keeps keys at home"):
            os.environ["CREDENTIALS_DIRECTORY"] = os.path.join(root, "nowhere")
            with rig.Centre(os.path.join(root, "second")) as second:
                need(kept(second) == sorted(KEYS) and second("clinic", "add", "Moss")["id"], "it has no keys")
    finally:
        os.environ.pop("CREDENTIALS_DIRECTORY", None)
        centre.kill()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        serves(tap, root)
    tap.end()


if __name__ == "__main__":
    main()
