# SPDX-License-Identifier: Apache-2.0
#
# tshark as the tests run it: the installed one and Debian 13's from a root of its own (scripts/setup-interop), each under
# the version that it says it has. As root they run as nobody, since 4.4 loads no Lua script for root, and since a program
# that reads hostile captures should not be root; so everything that it reads is copied into a folder that all may read.
import functools
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
DISSECTOR = os.path.join(HERE, "..", "..", "share", "levelgate", "wireshark")
DEPENDENCIES = os.environ.get("LEVELGATE_DEPENDENCY_ROOT", "/opt/levelgate-deps")
VERSIONS = ("4.0", "4.4")
NOBODY = 65534
SEPARATOR, AGGREGATOR = "\x1f", "\x1e"


def _installed():
    path = shutil.which("tshark")
    return ([path], {}) if path else None


def _unpacked(root):
    """The program with the C library, data and plugins of its own root, so that nothing of the machine's is mixed in."""
    libraries = os.path.join(root, "usr/lib/x86_64-linux-gnu")
    own = {"WIRESHARK_DATA_DIR": os.path.join(root, "usr/share/wireshark"),
           "WIRESHARK_PLUGIN_DIR": os.path.join(libraries, "wireshark/plugins"),
           "WIRESHARK_EXTCAP_DIR": os.path.join(libraries, "wireshark/extcap")}
    loader = os.path.join(root, "usr/lib64/ld-linux-x86-64.so.2")
    return [loader, "--library-path", libraries, os.path.join(root, "usr/bin/tshark")], own


@functools.cache
def found():
    """{version: (command, environment)} of every tshark that is here."""
    candidates = [_installed(), *map(_unpacked, sorted(glob.glob(os.path.join(DEPENDENCIES, "tshark-*"))))]
    here = {}
    for command, own in filter(None, candidates):
        said = subprocess.run([*command, "-v"], capture_output=True, text=True, check=False, env=_environment(own, "/"))
        words = said.stdout.split()
        if said.returncode == 0 and len(words) > 2:
            here.setdefault(".".join(words[2].rstrip(".").split(".")[:2]), (command, own))
    return here


def why_not(version):
    if version not in found():
        return f"no tshark {version} here: run scripts/setup and scripts/setup-interop"
    return None


def _environment(own, folder):
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "HOME": folder, "TZ": "UTC", **own}


def esp_sa_line(sa, version):
    """One line of Wireshark's table esp_sa for an SA of the oracle, written from Wireshark's own description of the table."""
    kind = "IPv6" if ":" in sa.source else "IPv4"
    fields = [kind, sa.source, sa.destination, f"0x{sa.spi:08x}", "AES-GCM with 16 octet ICV [RFC4106]",
              "0x" + sa.keymat.hex(), "NULL", ""]
    if version != "4.0" and sa.esn:
        fields += ["64-bit", f"{sa.first_sequence >> 32:x}"]
    return ",".join(f'"{value}"' for value in fields) + "\n"


class Tshark:
    """One version with a configuration folder of its own. `tables` are Wireshark's table files by name."""

    def __init__(self, version, tables, preferences=(), plugin=False):
        self.command, own = found()[version]
        self.folder = tempfile.mkdtemp(prefix="levelgate-tshark-")
        config = os.path.join(self.folder, "config")
        scripts = os.path.join(config, "plugins") if plugin else os.path.join(self.folder, "scripts")
        shutil.copytree(DISSECTOR, scripts)
        for name, text in tables.items():
            with open(os.path.join(config if plugin else self._make(config), name), "w", encoding="ascii") as file:
                file.write(text)
        self.environment = _environment({**own, "WIRESHARK_CONFIG_DIR": config}, self.folder)
        self.options = ["-n"] + ([] if plugin else ["-X", f"lua_script:{scripts}/aggfrag.lua"])
        for preference in ("esp.enable_encryption_decode:TRUE", *preferences):
            self.options += ["-o", preference]

    @staticmethod
    def _make(folder):
        os.makedirs(folder, exist_ok=True)
        return folder

    def close(self):
        shutil.rmtree(self.folder)

    def run(self, capture, *options):
        """What it prints about a capture. Anything that a broken dissector makes it say fails the test."""
        copy = os.path.join(self.folder, "capture")
        shutil.copy(capture, copy)
        for folder, _, files in os.walk(self.folder):
            os.chmod(folder, 0o755)
            for file in files:
                os.chmod(os.path.join(folder, file), 0o644)
        more = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run([*self.command, "-r", copy, *self.options, *options], capture_output=True, check=False,
                              timeout=300, env=self.environment, cwd=self.folder, **more)
        text, errors = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        for word in ("Lua Error", "Lua: Error", "Dissector bug", "Fatal"):
            if word in text or word in errors:
                at = (text + errors).index(word)
                raise AssertionError(f"tshark says: {(text + errors)[max(0, at - 200):at + 400]}")
        if done.returncode != 0:
            raise AssertionError(f"tshark ends with {done.returncode}: {errors}")
        return text

    def fields(self, capture, names, *options):
        """[{name: [value, ...]}], one for each frame."""
        lua_error = "_ws.lua.error"
        names = [*names, lua_error]
        wanted = [word for name in names for word in ("-e", name)]
        text = self.run(capture, "-T", "fields", "-E", f"separator={SEPARATOR}", "-E", f"aggregator={AGGREGATOR}", *wanted,
                        *options)
        rows = [dict(zip(names, ([v for v in field.split(AGGREGATOR) if v] for field in line.split(SEPARATOR))))
                for line in text.split("\n")[:-1]]
        for number, row in enumerate(rows, 1):
            if row.pop(lua_error):
                raise AssertionError(f"a Lua error in frame {number}")
        return rows


def each_version(base):
    """Class decorator: the tests of a mixin once for each version, on the test case `base`; a version that is not here is
    skipped by name."""
    def multiply(mixin):
        for version in VERSIONS:
            name = f"{mixin.__name__}_{version.replace('.', '_')}"
            made = type(name, (mixin, base), {"version": version, "__module__": mixin.__module__})
            reason = why_not(version)
            setattr(sys.modules[mixin.__module__], name, unittest.skip(reason)(made) if reason else made)
        return mixin
    return multiply
