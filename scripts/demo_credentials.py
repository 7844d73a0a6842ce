# SPDX-License-Identifier: Apache-2.0
#
# What the demo's gateways prove themselves with: an authority and one certificate for each, ECDSA on P-384, made by the
# openssl command in the demo's own folder and gone with it. Nobody else ever trusts them.
import os

from tfc import namespaces

NAME = {1: "gate-a.example.net", 2: "gate-b.example.net"}
DAYS = "2"
# Our own, so that what a machine's openssl.cnf adds does not matter; `req` wants the section even where -subj says all.
CONFIGURATION = "[req]\ndistinguished_name = subject\n[subject]\n"


def make(folder):
    """ca.pem, and NAME.pem with NAME.key for each gateway."""
    with open(os.path.join(folder, "openssl.cnf"), "w", encoding="utf-8") as file:
        file.write(CONFIGURATION)
    certify(folder, "ca", "/O=levelgate demo/CN=demo authority",
            ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    for name in NAME.values():
        certify(folder, name, f"/O=levelgate demo/CN={name}",
                ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName=DNS:{name}",
                 "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"])


def certify(folder, name, subject, words):
    namespaces.run(["openssl", "req", "-config", "openssl.cnf", "-x509", "-batch", "-nodes", "-newkey", "ec",
                  "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384", "-subj", subject, "-days", DAYS,
                  "-keyout", f"{name}.key", "-out", f"{name}.pem", *words], cwd=folder)
    os.chmod(os.path.join(folder, f"{name}.key"), 0o600)
