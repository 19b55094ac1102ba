"""A real samlingd in a folder of its own, for the end-to-end tests: started, asked through its verbs, watched, ended."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client  # noqa: E402

# $SAMLINGD, $SAMLING: another build of one of them, as build/asan/samlingd
SAMLINGD = os.environ.get("SAMLINGD", os.path.join(client.BUILD, "samlingd"))
SAMLING = os.environ.get("SAMLING", os.path.join(client.BUILD, "samling"))


class Refused(Exception):
    pass


class Centre:
    """with Centre() as centre: centre("clinic", "add", "Porsgrunn")["id"]"""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="samling-centre-")
        self.server = None
        self.port = 0

    def __enter__(self):
        self("init", "--host", "127.0.0.1", parse=False)
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def __call__(self, *words, parse=True):
        """Runs a verb; what it answered as JSON."""
        command = [SAMLINGD, *words, "--home", self.home] + (["--json"] if parse else [])
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise Refused(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return json.loads(done.stdout.decode()) if parse else done.stdout.decode()

    def start(self):
        log = open(os.path.join(self.home, "log"), "ab")
        self.log_start = log.tell()
        command = [SAMLINGD, "serve", "--home", self.home, "--bind", "127.0.0.1", "--port", str(self.port), "--no-qr",
                   "--handshake-rate", "0", "--joins-per-minute", "0"]     # all devices share one address here
        self.server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + 20
        while not self.ready():
            if self.server.poll() is not None or time.monotonic() > end:
                raise Refused(f"the server does not start: {self.log()}")
            time.sleep(0.02)

    def ready(self):
        """It says "ready HOST PORT" when it can be asked."""
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as file:
            file.seek(self.log_start)
            for line in file:
                if line.startswith("ready ") and line.endswith("\n"):
                    self.port = int(line.split()[2])
                    return True
        return False

    def stop(self):
        """The server's exit code; it is asked first."""
        if not self.server:
            return None
        self.server.terminate()
        try:
            code = self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            code = self.server.wait()
        self.server = None
        return code

    def log(self):
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def rss_kib(self):
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def status(self):
        return self("status")

    def invite(self, clinic, label="tablet"):
        return self("device", "invite", str(clinic), "--label", label, "--port", str(self.port))["invite"]

    def tablet(self, clinic, label="tablet", source=None, approve=True, schema=client.SCHEMA):
        """A Device that has joined and, if wanted, been approved."""
        device = client.Device.invited(self.invite(clinic, label), label, source, schema)
        if approve:
            self("device", "approve", str(device.device_no), device.digits)
        return device
