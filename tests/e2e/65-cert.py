#!/usr/bin/python3
"""The centre's certificate: shown as others show it, replaced by one of the site's only where everything about it is right, without
any tablet noticing where the key stays, and put back. The site's authority is openssl."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import HOST, OK, need  # noqa: E402

EXTENSIONS = """
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = {names}
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
subjectAltName = {names}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign
"""


def run(*words, cwd=None):
    done = subprocess.run([rig.SAMLINGD, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S,
                          check=False, cwd=cwd, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def openssl(*words, given=b"", codes=(0,)):
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, timeout=rig.CALL_S, check=False)
    need(done.returncode in codes, lambda: f"openssl {words[0]}: {rig.text(done.stderr)}")
    return done.stdout


def words_of(digest):
    out = []
    for i in range(0, 16, 2):
        v = digest[i] << 8 | digest[i + 1]
        c, o = "bdfghjklmnprstvz", "aiou"
        out.append(c[v >> 12] + o[v >> 10 & 3] + c[v >> 6 & 15] + o[v >> 4 & 3] + c[v & 15])
    return " ".join(out)


class Site:
    """An authority, one below it, and what they sign."""

    def __init__(self, path):
        self.path = path
        os.mkdir(path)
        self.make_key("root")
        openssl("req", "-x509", "-new", "-key", self.at("root.key"), "-subj", "/CN=Root", "-days", "30", "-out", self.at("root.crt"),
                "-addext", "keyUsage=keyCertSign")
        self.make_key("below")
        openssl("req", "-new", "-key", self.at("below.key"), "-subj", "/CN=Below", "-out", self.at("below.csr"))
        self.sign("below", by="root", section="authority")

    def at(self, name):
        return os.path.join(self.path, name)

    def make_key(self, name, kind=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        openssl("genpkey", "-algorithm", *kind, "-out", self.at(name + ".key"))

    def request(self, name):
        openssl("req", "-new", "-key", self.at(name + ".key"), "-subj", f"/CN={name}", "-out", self.at(name + ".csr"))

    def sign(self, name, by="below", section="server", names=f"IP:{HOST}", days=20):
        with open(self.at("ext"), "w", encoding="ascii") as file:
            file.write(EXTENSIONS.format(names=names))
        openssl("x509", "-req", "-in", self.at(name + ".csr"), "-CA", self.at(by + ".crt"), "-CAkey", self.at(by + ".key"),
                "-CAcreateserial", "-days", days, "-extfile", self.at("ext"), "-extensions", section, "-out", self.at(name + ".crt"))
        return self.chain(name, name, by)

    def chain(self, file, *names):
        """Certificates one behind the other."""
        path = self.at(file + ".pem")
        with open(path, "wb") as out:
            for name in names:
                with open(self.at(name + ".crt"), "rb") as one:
                    out.write(one.read())
        return path


def pair(centre):
    return tuple(open(os.path.join(centre.home, "keys", n), "rb").read() for n in ("tls.crt", "tls.key"))


def shown(tap, centre):
    with tap.test("the certificate is shown with the fingerprints that openssl shows, and in words"):
        said = centre("cert", "show")
        crt = os.path.join(centre.home, "keys", "tls.crt")
        want = openssl("x509", "-in", crt, "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()
        need(said["fingerprint"] == want, f"{said['fingerprint']} {want}")
        spki = openssl("pkey", "-pubin", "-outform", "DER", given=openssl("x509", "-in", crt, "-noout", "-pubkey"))
        digest = hashlib.sha256(spki).digest()
        need(said["key_fingerprint"].replace(":", "").lower() == digest.hex(), said["key_fingerprint"])
        need(said["words"] == words_of(digest) and said["own"] == 1 and HOST in said["names"], said)
        need(said["key"] == "EC 256" and said["not_after_s"] == centre("status")["certificate_ends_s"], said)
        need(said["words"] in centre("cert", "show", parse=False), "people do not see the words")
    with tap.test("the own authority is exported with the steps, in both languages"):
        file = os.path.join(centre.path, "ca.pem")
        for lang, word in (("en", "Compare the fingerprint"), ("nb", "Sammenlign fingeravtrykket")):
            code, text, error = run("cert", "export", file, "--home", centre.home, "--lang", lang)
            need(code == 0 and word in text and HOST in text, text + error)
        print_ = openssl("x509", "-in", file, "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()
        need(print_ in text, "its fingerprint is not told")
        need(b"OK" in openssl("verify", "-CAfile", file, os.path.join(centre.home, "keys", "tls.crt")), "it did not sign the server's")
        need("PRIVATE" not in open(file, encoding="ascii").read(), "a key was exported")


def refused(tap, centre, site):
    with tap.test("what is wrong with a certificate is said, and the one in use stays"):
        for name in ("good", "late", "elsewhere", "client", "stranger", "small"):
            site.make_key(name, ("rsa", "-pkeyopt", "rsa_keygen_bits:1024") if name == "small" else
                          ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"))
            site.request(name)
        good = site.sign("good")
        site.sign("late", days=-1)
        site.sign("elsewhere", names="DNS:other.example.org,DNS:*.example.org")
        site.sign("client", section="client")
        site.sign("small")
        site.sign("stranger")
        openssl("pkey", "-in", site.at("good.key"), "-aes256", "-passout", "pass:x", "-out", site.at("locked.key"))
        with open(site.at("noise.pem"), "wb") as file:
            file.write(os.urandom(3000))
        with open(site.at("long.pem"), "wb") as file:
            file.write(open(good, "rb").read() * 60)
        with open(site.at("mixed.pem"), "wb") as file:
            file.write(open(good, "rb").read() + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        before = pair(centre)
        for cert, key, why in (
                (good, "stranger", "another certificate"), (good, None, "another certificate"), (site.at("late.pem"), "late", "no longer valid"),
                (site.at("elsewhere.pem"), "elsewhere", "other names"), (site.at("client.pem"), "client", "for servers"),
                (site.at("small.pem"), "small", "2048"), (site.chain("turned", "below", "good"), "below", "authority"),
                (site.chain("gap", "good", "root"), "good", "chain"), (site.chain("alien", "good", "stranger"), "good", "chain"),
                (good, "locked", "password"), (site.at("noise.pem"), "good", "no certificate"), (site.at("long.pem"), "good", "cannot be read"),
                (site.at("mixed.pem"), "good", "no certificate"), (site.at("none.pem"), "good", "cannot be read"),
                (good, "none", "cannot be read")):
            options = ["--key", site.at(key + ".key")] if key else []
            code, _, error = run("cert", "use", cert, *options, "--new-key", "--home", centre.home)
            need(code == 1 and why in error, f"{os.path.basename(cert)} {key}: exit {code}: {error}")
            need(pair(centre) == before, f"{os.path.basename(cert)}: the pair in use is another one")
    return good


def used(tap, centre, site, tablet, good):
    with tap.test("a certificate for the key in use is taken, browsers trust it, and no tablet notices"):
        code, text, error = run("cert", "request", HOST, "centre.example.org", "--home", centre.home)
        need(code == 0, error)
        with open(site.at("centre.csr"), "w", encoding="ascii") as file:
            file.write(text)
        asked = openssl("req", "-in", site.at("centre.csr"), "-noout", "-text", "-verify").decode()
        need("centre.example.org" in asked and HOST in asked and "localhost" not in asked, asked)
        chain = site.sign("centre", names=f"IP:{HOST},DNS:centre.example.org")
        pin = centre("cert", "show")["key_fingerprint"]
        said = json.loads(run("cert", "use", os.path.basename(chain), "--home", centre.home, "--json", cwd=site.path)[1])
        need(said["own"] == 0 and said["chain"] == 2 and said["key_fingerprint"] == pin, said)
        status = centre("status", parse=False)
        need("certificate ends" in status, "status does not say that it ends soon")
        centre.restart()
        client = openssl("s_client", "-connect", f"{HOST}:{centre.port}", "-CAfile", site.at("root.crt"), "-verify_return_error",
                         "-verify_ip", HOST).decode()
        need("Verify return code: 0" in client or "Verification: OK" in client, client[-500:])
        need(tablet("sync")[0] == OK, "the tablet does not know the centre any more")
    with tap.test("another key locks tablets out, so it is taken only when that is said; self brings them back"):
        before = pair(centre)
        code, _, error = run("cert", "use", good, "--key", site.at("good.key"), "--home", centre.home)
        need(code == 1 and "--new-key" in error and pair(centre) == before, f"exit {code}: {error}")
        code, _, error = run("cert", "use", good, "--key", site.at("good.key"), "--new-key", "--home", centre.home)
        need(code == 0 and os.stat(os.path.join(centre.home, "keys", "tls.key")).st_mode & 0o777 == 0o600, error)
        centre.restart()
        need(tablet("sync")[0] != OK, "the tablet took another key")
        newcomer = centre.tablet(os.path.join(centre.path, "newcomer"), CLINIC[0])
        newcomer.sync()
        code, _, error = run("cert", "self", "--home", centre.home)
        need(code == 0, error)
        centre.restart()
        need(tablet("sync")[0] == OK and centre("cert", "show")["own"] == 1, "the tablet does not come back")
        code, _, error = run("cert", "self", "--home", centre.home)
        need(code == 1 and "already" in error, f"exit {code}: {error}")
    with tap.test("it stands in the audit log"):
        log = centre("audit", "list", "--last", "100", parse=False)
        need("cert use" in log and "cert self" in log, log[-500:])


CLINIC = []


def main():
    tap = rig.Tap()
    if not shutil.which("openssl"):
        print("skip certificates openssl is not here")
        return 77
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        CLINIC.append(centre.clinic())
        centre.group(CLINIC[0], "Bevegelse", 3, weekday=1)
        centre.user(CLINIC[0])
        tablet = centre.tablet(os.path.join(path, "tablet"), CLINIC[0])
        tablet.sync()
        shown(tap, centre)
        site = Site(os.path.join(path, "site"))
        good = refused(tap, centre, site)
        used(tap, centre, site, tablet, good)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
