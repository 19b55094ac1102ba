#!/usr/bin/python3
"""Scanners and odd peers at the shipped server's TLS: sslscan and testssl.sh, whose findings are read one by one, then gnutls-cli and
openssl, and bytes that no library sends. Proves that TLS 1.2 and newer with the named suites is all there is, that nothing that a scanner
rates as worse than information is found but what ALLOWED names with its reason, and that the console says the headers that it should.

    make abuse T=scan               two minutes; testssl.sh alone takes one
Reads: every finding of testssl.sh above INFO, allowed or not."""
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import rig  # noqa: E402
from rig import HOST, need  # noqa: E402

FINE = ("OK", "INFO", "DEBUG")
# What testssl.sh finds worse than information and we mean: its id, its finding, and why
ALLOWED = (
    ("cert_chain_of_trust", r"self signed CA in chain", "the certificate that init makes: tablets pin its key; a site's own takes its place"),
    ("cert_validityPeriod", r"\d+ days", "the same: pinned by its key, and no tablet may fall silent because a date has passed"),
    ("cert_revocation", r"Neither CRL nor OCSP", "the same: its issuer is in this very house"),
    ("cert_notAfter|cert_expirationStatus", r"", "the same"),
    ("DNS_CAArecord", r"--", "an address of loopback has no DNS"),
    ("engine_problem", r"GOST", "of the scanner's own library"),
    ("RC4", r"not supported by local OpenSSL", "of the scanner's own library"),
    ("protocol_negotiated|TLS1_3", r"not offered|TLSv1.2", "Debian 12's mbedTLS 2.28 has no TLS 1.3"),
    ("secure_client_renego", r"VULNERABLE", "it asks without ALPN, so its line ends behind the handshake, which it takes for a yes; "
     "openssl below asks with ALPN and is told no"),
    ("overall_grade|final_score|grade_cap.*", r"", "a mark for the certificate once more"),
)
SUITES = {"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
          "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
HEADERS = {"strict-transport-security": r"max-age=(\d+)", "content-security-policy": r"default-src 'none'", "x-content-type-options": "nosniff",
           "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin"}
RUN_S = 600


def run(*command, given=None, environment=None):
    done = subprocess.run(command, input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True, timeout=RUN_S, check=False,
                          env=environment)
    return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


# ---- sslscan

def sslscan(tap, port):
    code, text = run("sslscan", "--no-colour", "--xml=-", f"{HOST}:{port}")
    with tap.test("sslscan: TLS 1.2 and newer, the named suites, no renegotiation, no compression, no heartbleed"):
        need(code == 0, text[-300:])
        found = xml.etree.ElementTree.fromstring(text[text.index("<?xml"):text.index("</document>") + 11]).find("ssltest")
        on = {f"{row.get('type')} {row.get('version')}" for row in found.findall("protocol") if row.get("enabled") == "1"}
        need("tls 1.2" in on and on <= {"tls 1.2", "tls 1.3"}, on)
        suites = {row.get("cipher") for row in found.findall("cipher")}
        need(suites and suites <= SUITES, suites - SUITES)
        need(all(int(row.get("bits")) >= 128 for row in found.findall("cipher")), "a weak suite")
        for name in ("renegotiation", "compression"):
            row = found.find(name)
            need(row is None or row.get("supported") == "0", f"{name} is supported")
        need(all(row.get("vulnerable") == "0" for row in found.findall("heartbleed")), "heartbleed")
        tap.figure("sslscan", f"{sorted(on)} {sorted(suites)}")


# ---- testssl.sh

def allowed(finding):
    for name, pattern, why in ALLOWED:
        if re.fullmatch(name, finding["id"]) and re.search(pattern, finding["finding"]):
            return why
    return None


def testssl(tap, port, folder):
    out = os.path.join(folder, "testssl.json")
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    run(program, "--quiet", "--warnings", "off", "--color", "0", "--jsonfile", out, f"{HOST}:{port}", environment={**os.environ, "TERM": "dumb"})
    with open(out, encoding="utf-8") as file:
        findings = json.load(file)
    with tap.test("testssl.sh: nothing above information but what is meant"):
        need(len(findings) > 60, f"only {len(findings)} findings: it did not get far")
        bad = []
        for finding in findings:
            if finding["severity"] in FINE:
                continue
            why = allowed(finding)
            tap.figure(f"testssl.sh {finding['severity']} {finding['id']}", f"{finding['finding'][:100]}: {why or 'NOT ALLOWED'}")
            bad += [finding["id"]] if not why else []
        need(not bad, bad)
    with tap.test("testssl.sh: looked for what it is run for, and found it absent"):
        by_id = {finding["id"]: finding for finding in findings}
        for name in ("heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "CRIME_TLS", "POODLE_SSL", "fallback_SCSV", "SWEET32",
                     "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13", "SSLv2", "SSLv3", "TLS1", "TLS1_1"):
            need(by_id.get(name, {}).get("severity") in FINE, f"{name}: {by_id.get(name)}")


# ---- odd peers

def connects(port, *words, given=b"Q\n"):
    return run("openssl", "s_client", "-connect", f"{HOST}:{port}", *words, given=given)[1]


def openssl_oddities(tap, port):
    with tap.test("openssl: TLS 1.0 and 1.1, SHA-1, CBC and RSA suites are refused"):
        for words in (("-tls1",), ("-tls1_1",), ("-cipher", "AES128-SHA"), ("-cipher", "ECDHE-ECDSA-AES128-SHA"), ("-cipher", "ECDHE-ECDSA-AES128-SHA256"),
                      ("-sigalgs", "ECDSA+SHA1")):
            more = () if words[0].startswith("-tls") else ("-tls1_2",)
            said = connects(port, *words, *more, "-alpn", "http/1.1", *(("-cipher", "DEFAULT:@SECLEVEL=0") if not more else ()))
            need("Cipher is (NONE)" in said or "Cipher    : 0000" in said, f"{words}: {said[-300:]}")
        need("Cipher is (NONE)" not in connects(port, "-tls1_2", "-alpn", "http/1.1"), "nothing gets in: this proves nothing")
    with tap.test("openssl: renegotiation is refused"):
        said = connects(port, "-tls1_2", "-alpn", "http/1.1", given=b"R\n")
        need("RENEGOTIATING" in said and "no renegotiation" in said.split("RENEGOTIATING", 1)[1], said[-300:])
    with tap.test("openssl: no session comes back, neither by id nor by ticket"):
        said = connects(port, "-tls1_2", "-alpn", "http/1.1", "-reconnect")
        need(said.count("New, ") >= 2 and "Reused, " not in said and "TLS session ticket:" not in said, said[-300:])
    with tap.test("openssl: no compression, extended master secret, wrong ALPN refused"):
        said = connects(port, "-tls1_2", "-comp", "-alpn", "http/1.1")
        need("Compression: NONE" in said and "Extended master secret: yes" in said, said[-300:])
        said = connects(port, "-alpn", "h2")
        need("no application protocol" in said.lower() or "Cipher is (NONE)" in said, said[-300:])


def gnutls(tap, port):
    with tap.test("gnutls-cli: gets in; no resumption"):
        code, said = run("gnutls-cli", "--insecure", "--alpn", "http/1.1", "--resume", "--port", str(port), HOST, given=b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        need("Handshake was completed" in said, said[-300:])
        need("This is a resumed session" not in said, "a session was resumed")
        tap.figure("gnutls-cli", next((line for line in said.splitlines() if "Description" in line), f"exit {code}"))
    with tap.test("gnutls-cli: TLS 1.1, anonymous and PSK key exchange are refused"):
        for priority in ("NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA"):
            _, said = run("gnutls-cli", "--insecure", "--alpn", "http/1.1", "--priority", priority, "--port", str(port), HOST, given=b"")
            need("Handshake was completed" not in said, f"{priority}: {said[-200:]}")


def closes(port, data, within_s=12):
    """What the server says to these bytes until it ends the line; None: it does not."""
    line, held = abuse.dial(port, HOST), b""
    line.settimeout(within_s)
    try:
        line.sendall(data)
        while part := line.recv(65536):
            held += part
    except TimeoutError:
        return None
    except OSError:
        pass
    finally:
        line.close()
    return held


def records_of(hello, size):
    """The same handshake in records of so many bytes."""
    body = hello[5:]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in (body[i:i + size] for i in range(0, len(body), size)))


def raw_bytes(tap, port):
    hello = abuse.client_hello("http/1.1")
    rows = (("a ClientHello in records of one byte", records_of(hello, 1)), ("a ClientHello in records of 64 bytes", records_of(hello, 64)),
            ("a certificate of 16 MB that nobody asked for", hello + b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xff" + bytes(16380)),
            ("a ClientHello of 16 MB", b"\x16\x03\x01\x40\x00\x01\xff\xff\xff\x03\x03" + bytes(16378)),
            ("a record of 2^14 + 2049", b"\x16\x03\x03\x48\x01" + bytes(18433)),
            ("change cipher spec first", b"\x14\x03\x03\x00\x01\x01" * 1000), ("a Finished first", b"\x16\x03\x03\x00\x10\x14\x00\x00\x0c" + bytes(12)),
            ("a heartbeat", b"\x18\x03\x03\x00\x03\x01\x40\x00"), ("a record type 0", bytes(500)),
            ("an SNI of 16000 bytes", abuse_sni(hello)), ("warning alerts, 10000 times", b"\x15\x03\x01\x00\x02\x01\x5a" * 10000))
    with tap.test(f"{len(rows)} kinds of bytes that no library sends: the line ends, and nobody else's"):
        for name, data in rows:
            said = closes(port, data)
            need(said is not None, f"{name}: the line stays open")
    with tap.test("a connection that says each byte in a record of its own is served"):
        plain = abuse.dial(port, HOST)
        end = abuse.tls_context("http/1.1").wrap_socket(plain, server_hostname="localhost")
        for byte in b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
            end.send(bytes([byte]))
        held = b""
        try:
            while part := end.recv(65536):
                held += part
        except ssl.SSLError:
            pass
        end.close()
        need(held.startswith(b"HTTP/1.1 200"), held[:80])
        headers = dict(re.findall(r"^([A-Za-z-]+): (.*)\r$", held.split(b"\r\n\r\n")[0].decode() + "\r", re.M))
        headers = {name.lower(): value for name, value in headers.items()}
        for name, pattern in HEADERS.items():
            need(re.search(pattern, headers.get(name, "")), f"{name}: {headers.get(name)}")
        need(int(re.search(HEADERS["strict-transport-security"], headers["strict-transport-security"])[1]) >= 31536000, "HSTS of less than a year")
        need("server" not in headers, "it says what it is")


def abuse_sni(hello):
    """A ClientHello whose server name is 16000 letters: the lengths above it are as wrong as they then are."""
    return hello[:3] + (16300).to_bytes(2, "big") + hello[5:] + b"\x00\x00\x3e\x87\x3e\x85\x00\x3e\x82" + b"a" * 16002


def main():
    tap = rig.Tap()
    with rig.folder() as folder, rig.Centre(os.path.join(folder, "centre")) as centre:
        sslscan(tap, centre.port)
        openssl_oddities(tap, centre.port)
        gnutls(tap, centre.port)
        raw_bytes(tap, centre.port)
        testssl(tap, centre.port, folder)
        with tap.test("it still serves, and the log has no error"):
            centre.need_alive()
            need("level=error" not in centre.log(1 << 22), "errors in the log")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
