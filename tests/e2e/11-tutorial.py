#!/usr/bin/env python3
"""The tutorial of the C library does what it says: joins, fetches, shows a sheet, marks one person, and the centre has it."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import rig

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"), "examples", "attendance")


def main():
    tap = rig.Tap("make e2e T=11-tutorial")
    with rig.folder() as home, rig.Centre(os.path.join(home, "centre")) as centre:
        clinic = centre.clinic()
        centre.group(clinic, "BEV", 12)
        centre.user(clinic)
        store = os.path.join(home, "tutorial.db")

        def run(*words):
            r = subprocess.run([PROGRAM, store, *words], capture_output=True, text=True, timeout=60)
            return r.returncode, r.stdout + r.stderr

        with tap.test("it joins and shows six digits"):
            _, said = run(centre.invite(clinic))
            digits = said.split("compare on both screens: ")[1].split()[0]
            rig.need(len(digits) == 6 and digits.isdigit(), said)
            centre("device", "approve", max(centre.devices()), digits)
        with tap.test("it fetches, marks one person and sends the mark"):
            code, said = run()
            rig.need(code == 0 and said.count("Deltaker") >= 12, said)
            with centre.read() as db:
                rows = db.execute("SELECT presence, count(*) FROM attendance GROUP BY presence").fetchall()
            rig.need(rows == [(1, 1)], f"the centre has {rows}; the tutorial said {said}")
    tap.end()


if __name__ == "__main__":
    main()
