"""express-pouchdb with tablets that run PouchDB, behind the words by which bench_peers.py asks every peer."""
import os
import signal
import subprocess
import time

import bench

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(bench.BUILD, "peers", "node_modules")
NODE = {**os.environ, "NODE_PATH": MODULES, "NODE_NO_WARNINGS": "1"}


def certificate():
    """(certificate, key) of P-256 for this run, as the centre has one."""
    paths = [os.path.join(bench.WORK, name) for name in ("peer.crt", "peer.key")]
    if not os.path.exists(paths[0]):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", paths[1],
                        "-out", paths[0], "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    return paths


def ready_port(process):
    line = process.stdout.readline().split()
    if not line or line[0] != "ready":
        raise SystemExit(f"bench: the PouchDB server does not start: {line}")
    return int(line[1])


class Server:
    """${databases}: one for each clinic."""

    def __init__(self, name, databases, tls=True, wrap=(), host="127.0.0.1", enter=None):
        folder = os.path.join(bench.WORK, name)
        os.makedirs(folder)
        self.scheme, self.host = "https" if tls else "http", host
        words = ["node", os.path.join(HERE, "server.js"), folder, host, str(databases), *(certificate() if tls else ())]
        self.process = subprocess.Popen([*wrap, *words], stdout=subprocess.PIPE, text=True, env=NODE, preexec_fn=enter)
        bench.STARTED.append(self.process)
        self.port = ready_port(self.process)

    rss, cpu_s = bench.Centre.rss, bench.Centre.cpu_s

    def url(self, clinic, port=None):
        return f"{self.scheme}://{self.host}:{port or self.port}/clinic-{clinic}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stdout.close()


class Tablets:
    """One process each. say(word): all at once; sums, and the longest time, as bench.Load tells them."""

    def __init__(self, urls, people, sessions, seed, enter=None):
        self.all = [subprocess.Popen(["node", os.path.join(HERE, "tablet.js"), url, str(i), str(people), str(sessions), str(seed)], env=NODE,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=enter) for i, url in enumerate(urls)]
        bench.STARTED.extend(self.all)
        self.say("ready")

    def say(self, word):
        began = time.monotonic()
        for tablet in self.all:
            tablet.stdin.write(word + "\n")
            tablet.stdin.flush()
        parts = [tablet.stdout.readline().split("\t") for tablet in self.all]
        told = [{part[i]: float(part[i + 1]) for i in range(0, len(part) - 1, 2)} for part in parts]
        if not all(told) or any(one["failed"] for one in told):
            raise SystemExit(f"bench: PouchDB's tablets failed at {word}: {parts}")
        longest = ("seconds", "acked_s", "durable_s")
        got = {name: (max if name in longest else sum)(one[name] for one in told) for name in told[0]}
        got["elapsed_s"] = time.monotonic() - began
        return got

    def quit(self):
        for tablet in self.all:
            tablet.stdin.write("quit\n")
            tablet.stdin.close()
        for tablet in self.all:
            tablet.wait(30)
