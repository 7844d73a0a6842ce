# SPDX-License-Identifier: Apache-2.0
#
# What both sides prove themselves with: certificates that the openssl command makes anew for each row (an authority, a
# second one that nobody trusts, end entities of each key kind, an expired one) and a pre-shared key. Nothing here
# outlives the row.
import datetime
import glob
import os
import secrets
import shutil
import subprocess

DEPENDENCIES = os.environ.get("LEVELGATE_DEPENDENCY_ROOT", "/opt/levelgate-deps")
NAME = {1: "gate-a.example.net", 2: "gate-b.example.net"}
KEYS = {
    "ecdsa256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ecdsa384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["-newkey", "ed25519"],
    "rsa2048": ["-newkey", "rsa:2048"],
    "rsa3072": ["-newkey", "rsa:3072"],
}
# Our own, so that what a machine's openssl.cnf adds does not matter; `req` wants the section even where -subj says all.
CONFIGURATION = "[req]\ndistinguished_name = subject\n[subject]\n"
# Padding of a subject's name for rows that need certificates larger than a path's MTU.
LARGE_UNITS = 24


class CredentialError(Exception):
    """openssl refused; its own words."""


def openssl():
    """The newest OpenSSL: a certificate that has expired already needs 3.4 or later."""
    own = sorted(glob.glob(os.path.join(DEPENDENCIES, "openssl-*/bin/openssl")))
    return own[-1] if own else shutil.which("openssl")


def moment(days):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return when.strftime("%Y%m%d%H%M%SZ")


class Credentials:
    """Files below one folder, made when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.psk = secrets.token_urlsafe(24)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def _make(self, name, key, subject, words, days=(-2, 30)):
        with open(self.path("openssl.cnf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        command = [openssl(), "req", "-config", self.path("openssl.cnf"), "-x509", "-batch", "-nodes", *KEYS[key], "-sha384", "-subj", subject,
                   "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem"),
                   "-not_before", moment(days[0]), "-not_after", moment(days[1]), *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise CredentialError(f"{' '.join(command)}: {done.stderr.strip()}")
        os.chmod(self.path(f"{name}.key"), 0o600)

    def authority(self, name="ca", key="ecdsa384"):
        if not os.path.exists(self.path(f"{name}.pem")):
            self._make(name, key, f"/O=levelgate interop/CN={name}",
                       ["-addext", "basicConstraints=critical,CA:TRUE",
                        "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
        return name

    def identity(self, site, key, authority="ca", expired=False, large=False):
        """The base name of a certificate and key for that site."""
        name = f"{NAME[site]}-{key}-{authority}{'-expired' if expired else ''}{'-large' if large else ''}"
        if os.path.exists(self.path(f"{name}.pem")):
            return name
        self.authority(authority)
        units = "".join(f"/OU=unit {number:02} {'x' * 50}" for number in range(LARGE_UNITS)) if large else ""
        self._make(name, key, f"/O=levelgate interop{units}/CN={NAME[site]}",
                   ["-CA", self.path(f"{authority}.pem"), "-CAkey", self.path(f"{authority}.key"),
                    "-addext", f"subjectAltName=DNS:{NAME[site]}",
                    "-addext", "basicConstraints=critical,CA:FALSE",
                    "-addext", "keyUsage=critical,digitalSignature"],
                   days=(-20, -10) if expired else (-2, 30))
        return name
