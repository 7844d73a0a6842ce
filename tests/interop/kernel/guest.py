# SPDX-License-Identifier: Apache-2.0
#
# The guest that runs Linux's IP-TFS and strongSwan. How it is built and booted is not this project's: a lab, a folder
# named by LEVELGATE_KERNEL_LAB, has a command `run-guest` for that (README.md says what it must do).
import os
import re
import shutil
import subprocess

from spaces import LabError

VARIABLE = "LEVELGATE_KERNEL_LAB"
BOOT_PATIENCE, COMMAND_PATIENCE = 240, 60
LEAST_STRONGSWAN = (6, 0, 2)
PLUTO = "/usr/libexec/ipsec/pluto"
NEEDED = ("a Linux 6.14 or later with CONFIG_XFRM_IPTFS and strongSwan 6.0.2 or later in a guest: "
          "tests/interop/kernel/README.md says how to provide one")


class NoPeer(LabError):
    """The guest is there, and is not what is needed."""


def why_not(lab):
    if not lab:
        return f"no Linux IP-TFS peer: --lab or {VARIABLE} names the folder of a lab that boots {NEEDED}"
    if not os.access(os.path.join(lab, "run-guest"), os.X_OK):
        return f"{lab} has no command run-guest, which boots {NEEDED}"
    return None


class Guest:
    """One guest, from its boot to its end. It meets the world in namespaces whose names begin with `prefix`."""

    def __init__(self, lab, prefix):
        self.command, self.prefix = os.path.join(lab, "run-guest"), prefix
        self.name, self.share, self.kernel, self.peer = f"levelgate{os.getpid()}", None, None, None

    def _lab(self, *words, seconds):
        return subprocess.run([self.command, *words], check=False, capture_output=True, text=True, timeout=seconds,
                              env={**os.environ, "LAB_PREFIX": self.prefix})

    def up(self):
        done = self._lab("up", self.name, seconds=BOOT_PATIENCE)
        found = re.search(r"kernel (\S+), share (\S+)", done.stdout)
        if done.returncode != 0 or not found:
            raise LabError(f"the guest did not come up: {done.stdout}{done.stderr}")
        self.kernel, self.share = found[1], found[2]
        return self

    def prove(self, peer="kernel"):
        """That it is the peer that the row names; else NoPeer with what is missing."""
        (self._prove_libreswan if peer == "libreswan" else self._prove_strongswan)()
        return self

    def _prove_libreswan(self):
        found = re.search(r"Libreswan (\S+)", self.try_run(f"{PLUTO} --version")[1])
        if not found:
            raise NoPeer(f"no libreswan in the guest ({PLUTO})")
        self.peer = f"libreswan {found[1]}"

    def _prove_strongswan(self):
        if self.try_run("grep -q XfrmInIptfsError /proc/net/xfrm_stat")[0] != 0:
            raise NoPeer(f"kernel {self.kernel} has no IP-TFS (needed is {NEEDED})")
        found = re.search(r"strongSwan (\d+)\.(\d+)\.(\d+)", self.try_run("swanctl --version")[1])
        if not found or tuple(map(int, found.groups())) < LEAST_STRONGSWAN:
            raise NoPeer(f"{found[0] if found else 'no strongSwan'} in the guest (needed is {NEEDED})")
        self.peer = f"strongSwan {'.'.join(found.groups())}"

    def down(self):
        if self.share:
            self._lab("down", self.name, seconds=COMMAND_PATIENCE)
            shutil.rmtree(os.path.dirname(self.share), ignore_errors=True)  # the lab keeps it until the next guest of that name
            self.share = None
        self._lab("net-down", seconds=COMMAND_PATIENCE)

    def try_run(self, command, seconds=COMMAND_PATIENCE):
        """(exit code, what it printed) of a shell command in the guest."""
        done = self._lab("-t", str(seconds), "exec", self.name, "--", command, seconds=seconds + 30)
        return done.returncode, done.stdout + done.stderr

    def run(self, command, seconds=COMMAND_PATIENCE):
        code, told = self.try_run(command, seconds)
        if code != 0:
            raise LabError(f"in the guest, {command}: {code} {told}")
        return told

    def write(self, name, text):
        """A file that the guest sees as /share/NAME."""
        with open(os.path.join(self.share, name), "w", encoding="utf-8") as file:
            file.write(text)
        return f"/share/{name}"

    def copy(self, path):
        shutil.copy(path, self.share)
        return f"/share/{os.path.basename(path)}"
