# SPDX-License-Identifier: Apache-2.0
#
# A link-emulator that joins two namespaces of a lab, as long as the lab or the `with` lasts. LINK_EMULATOR names the
# program; link_emulator/main.cpp says what a path may be told to do.
import json
import os
import signal
import subprocess


class EmulatedLink:
    """`left` and `right` are (namespace, interface); `path` both ways, or `to_right` and `to_left`."""

    def __init__(self, lab, left, right, path="", to_right=None, to_left=None, seed=1, spares=True, more=()):
        self.lab = lab
        words = [os.environ["LINK_EMULATOR"], "--seed", str(seed), "--path", path, *more]
        for option, end in (("--left", left), ("--right", right)):
            words += [option, f"{lab.space(end[0])}:{end[1]}"]
        words += ["--to-right", to_right] if to_right is not None else []
        words += ["--to-left", to_left] if to_left is not None else []
        words += ["--spare-neighbours"] if spares else []
        self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words], start_new_session=True, text=True,
                                      stdout=subprocess.PIPE)
        lab.children.append(self.child)
        if self.child.stdout.readline() != "ready\n":
            self.stop()
            raise RuntimeError("link-emulator did not begin; its reason stands above")

    def counts(self):
        """Of now: {"to-right": {...}, "to-left": {...}}."""
        self.child.send_signal(signal.SIGUSR1)
        return json.loads(self.child.stdout.readline())

    def stop(self):
        """The last counts; empty when it never began."""
        if self.child.stdout.closed:
            return {}
        self.lab.stop(self.child)
        lines = self.child.stdout.read().splitlines()
        self.child.stdout.close()
        return json.loads(lines[-1]) if lines else {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def foretold(packets, path, seed):
    """What chance takes of the first packets each way: {"to-right": {"lost": [...], ...}, ...}."""
    words = [os.environ["LINK_EMULATOR"], "--foretell", str(packets), "--path", path, "--seed", str(seed)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
