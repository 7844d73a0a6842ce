# SPDX-License-Identifier: Apache-2.0
#
# Plays one row against a guest of its own.
import subprocess
import time

import guest
import kernel_steps
import spaces
import subject
from credentials import Credentials
from daemons import Folder
from inner_traffic import Missing
from kernel_libreswan import KernelLibreswan
from kernel_peer import KernelPeer
from kernel_world import PLAIN_MTU, KernelWorld
from pair import SPACE
from play import FAULTS, Result, tell
from row import OURS, THEIRS
from subject import Subject


PEERS = {"kernel": KernelPeer, "libreswan": KernelLibreswan}


class KernelSubject(Subject):
    """On the lab's interfaces, which keep their names; the protected side may have another MTU."""

    def configuration(self):
        self.interfaces = {port: f"net_af_packet,iface={name}" for port, name in self.world.interfaces.items()}
        return super().configuration().replace("lan: { vdev:", f"lan: {{ mtu: {self.settings.get('mtu', PLAIN_MTU)}, vdev:")


def why_not(lab):
    return spaces.why_not() or guest.why_not(lab) or subject.why_not()


def play(row, lab, debug=False):
    reason = row.cannot or why_not(lab)
    if reason:
        return Result(row, "skipped", reason)
    began, result = time.monotonic(), Result(row, "passed")
    folder, world, sides = Folder(), KernelWorld(lab), {}
    settings = row.settings(OURS)
    try:
        world.build(row.outer(), settings.get("mtu", PLAIN_MTU), settings.get("relay", False), row.peer)
        result.peer = f"Linux {world.guest.kernel}, {world.guest.peer}"
        credentials = Credentials(folder.path)
        sides[OURS] = KernelSubject(world, SPACE[1], OURS, row, folder, credentials, debug)
        sides[THEIRS] = PEERS[row.peer](world, SPACE[1], THEIRS, row, folder, credentials, debug)
        sides[THEIRS].start()
        sides[OURS].start()
        tell(row, kernel_steps.stage(world, row, sides[OURS], sides[THEIRS]), False)
    except guest.NoPeer as reason:
        result.outcome, result.reason = "skipped", str(reason)
    except (*FAULTS, Missing, subprocess.TimeoutExpired) as fault:
        result.outcome, result.reason = "failed", f"{type(fault).__name__}: {fault}"
    finally:
        result.logs = logs(sides)
        for side in sides.values():
            side.stop()
        world.clear()
        folder.clear()
    result.seconds = time.monotonic() - began
    return result


def logs(sides):
    found = {}
    for site, side in sides.items():
        try:
            found[site] = side.log()
        except (OSError, subprocess.TimeoutExpired):
            found[site] = "(no log)"
    return found
