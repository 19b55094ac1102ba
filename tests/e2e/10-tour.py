#!/usr/bin/env python3
"""Plays the README's five-minute tour and compares what it prints. In the README a line of … stands for any lines, … inside a
line for any text; ids, digits and times may differ, and keep their new value in later commands."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"))
MARK = "--tour-step-done--"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def steps():
    text = open(os.path.join(ROOT, "README.md"), encoding="utf-8").read()
    tour = text.split("## Five-minute tour", 1)[1].split("\n## ", 1)[0].replace("7312", str(free_port()))
    for block in re.findall(r"```console\n(.*?)```", tour, re.S):
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, expected
                command, expected = line[2:], []
            else:
                expected.append(line)
        if command:
            yield command, expected


def line_fits(want, got, learned):
    """Words must be equal, but numbers, ids and times may differ."""
    if "…" in want:
        return re.fullmatch(".*".join(re.escape(p) for p in want.split("…")), got) is not None
    a, b = want.split(), got.split()
    if len(a) != len(b):
        return False
    for x, y in zip(a, b):
        if x == y:
            continue
        if not (re.fullmatch(r"\d{6}|\d\d:\d\d|\d{10,}", x) and re.fullmatch(r"\d{6}|\d\d:\d\d|\d{10,}", y)):
            return False
        learned[x] = y
    return True


def fits(want, got, learned):
    if not want:
        return not got
    if want[0] == "…":
        return any(fits(want[1:], got[i:], learned) for i in range(len(got) + 1))
    return bool(got) and line_fits(want[0], got[0], learned) and fits(want[1:], got[1:], learned)


def main():
    folder = tempfile.mkdtemp(prefix="samling-tour-")
    os.symlink(BUILD, os.path.join(folder, "build"))
    env = {k: v for k, v in os.environ.items() if not k.startswith("SAMLING")}
    env.update(LC_ALL="C.UTF-8", HOME=folder)
    shell = subprocess.Popen(["bash", "--noprofile", "--norc"], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    learned, failed, number = {}, 0, 0
    for command, expected in steps():
        number += 1
        for old, new in learned.items():
            command = command.replace(old, new)
        shell.stdin.write(f"{command}\necho\necho {MARK}\n")
        shell.stdin.flush()
        got = []
        for line in shell.stdout:
            line = line.rstrip()
            if line == MARK:
                break
            got.append(line)
        got = [g for g in got if g and not re.match(r"\[\d+\]", g)]
        if fits(expected, got, learned):
            print(f"ok {number}: {command[:70]}")
        else:
            failed += 1
            print(f"not ok {number}: {command}\n   expected {expected}\n   got      {got}")
            break
    shell.stdin.write("kill $(jobs -p) 2>/dev/null\n")
    shell.stdin.close()
    shell.wait(20)
    shutil.rmtree(folder, ignore_errors=True)
    if number < 15:
        print("not ok: the tour in the README is missing")
        failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
