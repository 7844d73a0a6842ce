# SPDX-License-Identifier: Apache-2.0
#
# A row's settings in libreswan's words: ipsec.conf, ipsec.secrets, and the shell script that makes pluto's key database and
# becomes pluto. Keywords of algorithms are turned from strongSwan's.
import os
import subprocess

from credentials import NAME, CredentialError, openssl

CONNECTION = "interop"
LIBEXEC = "/usr/libexec/ipsec"
DATABASE = "sql:/run/nss"
WORDS = {"aes128gcm16": "aes_gcm128", "aes256gcm16": "aes_gcm256", "chacha20poly1305": "chacha20_poly1305", "prfsha256": "sha2_256",
         "prfsha384": "sha2_384", "prfsha512": "sha2_512", "x25519": "dh31", "ecp256": "dh19", "ecp384": "dh20", "ecp521": "dh21",
         "modp2048": "modp2048", "modp3072": "modp3072", "modp4096": "modp4096"}
# With `rsasig` it means RSASSA-PKCS1-v1_5 as well, and then it cannot compute NO_PPK_AUTH as the initiator ("RSA DSS sign
# function failed").
BY_CERTIFICATE = {"authby": "rsa-sha2_256", "leftcert": "own", "rightca": "%same"}
# RFC 8784 and RFC 9867 are one word here: which of them is spoken depends on `intermediate`.
PPK_WORDS = {True: "insist", False: "yes"}
DATABASE_EMPTY = "certutil -N -d {database} --empty-password\n"
DATABASE_CERTIFICATES = """\
certutil -A -d {database} -n authority -t CT,, -i {folder}/{authority}.pem
pk12util -d {database} -W '' -i {folder}/own.p12
"""
PLUTO = """\
exec {libexec}/pluto --nofork --stderrlog --nhelpers 1 --config {folder}/ipsec.conf --secretsfile {folder}/ipsec.secrets \
  --nssdir {nss} --ipsecdir {folder} --rundir /run/pluto --no-dnssec
"""


def words(proposal):
    return "-".join(WORDS[word] for word in proposal.split("-"))


class Files:
    """Written into a folder of the host, read by pluto under another name."""

    def __init__(self, row, site, credentials, debug=False):
        self.row, self.site, self.credentials, self.debug = row, site, credentials, debug
        self.folder, self.made = None, []   # where pluto finds them; certificates among them
        self.settings = row.settings(site)
        self.remote_id = self.settings.get("remote-id", NAME[3 - site])

    def write(self, write, folder):
        """`write(name, text)` for each of them; `folder` is where pluto finds them."""
        self.folder = folder
        more = {} if self.settings["auth"] == "psk" else {"authority": self.certificates()}
        start = DATABASE_EMPTY + (DATABASE_CERTIFICATES if more else "") + PLUTO
        write("ipsec.conf", self.configuration())
        write("ipsec.secrets", self.secrets())
        write("start.sh", "set -e\n" + start.format(database=DATABASE, nss=DATABASE.partition(":")[2], libexec=LIBEXEC,
                                                    folder=folder, **more))

    def certificates(self):
        """The authority's name; own certificate and key become own.p12, since the database takes them so only."""
        settings, path = self.settings, self.credentials.path
        own = self.credentials.identity(self.site, settings["key"], settings.get("authority", "ca"))
        command = [openssl(), "pkcs12", "-export", "-name", "own", "-passout", "pass:", "-inkey", path(f"{own}.key"),
                   "-in", path(f"{own}.pem"), "-out", path("own.p12")]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "OPENSSL_CONF": "/dev/null"})
        if done.returncode != 0:
            raise CredentialError(f"{' '.join(command)}: {done.stderr.strip()}")
        authority = self.credentials.authority(settings.get("trusts", "ca"))
        self.made = ["own.p12", f"{authority}.pem"]
        return authority

    def configuration(self):
        general = {"logtime": "no", "logappend": "no", "nssdir": DATABASE.partition(":")[2],
                   "plutodebug": "all" if self.debug else "none", **self.settings.get("pluto", {})}
        return section("config setup", general) + section(f"conn {CONNECTION}", self.connection())

    def connection(self):
        settings, outer, other = self.settings, self.row.outer(), 3 - self.site
        ppk = settings.get("ppk")
        asked = {"ppk": PPK_WORDS[ppk.get("required", False)], "ppk-ids": ppk["id"]} if ppk else {"ppk": "no"}
        return {"left": outer[self.site], "leftid": f"@{NAME[self.site]}", "leftsubnet": self.selectors(self.site),
                "right": outer[other], "rightid": f"@{self.remote_id}", "rightsubnet": self.selectors(other),
                "keyexchange": "ikev2", "type": "tunnel", "auto": "ignore", "leftupdown": "%disabled",
                **({"authby": "secret"} if settings["auth"] == "psk" else BY_CERTIFICATE),
                "ike": ",".join(map(words, settings["ike"])),
                "esp": ",".join(WORDS[proposal.split("-")[0]] for proposal in settings["esp"]),   # its exchange is IKE's own
                "esn": "yes" if settings["esn"] else "no", **asked, **settings.get("libreswan", {})}

    @staticmethod
    def selectors(site):
        return f"10.{site}.0.0/24,fd0{site}::/64"

    def secrets(self):
        owners = f"@{NAME[self.site]} @{self.remote_id}"
        lines = []
        if self.settings["auth"] == "psk":
            lines.append(f'{owners} : PSK "{self.settings.get("psk", self.credentials.psk)}"')
        if self.settings.get("ppk"):
            ppk = self.settings["ppk"]
            lines.append(f'{owners} : PPKS "{ppk["id"]}" "{ppk["secret"]}"')
        return "\n".join(lines) + "\n"


def section(heading, values):
    return f"{heading}\n" + "".join(f"    {key}={value}\n" for key, value in values.items())
