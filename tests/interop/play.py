# SPDX-License-Identifier: Apache-2.0
#
# Plays one row in a world of its own and says what came of it. A row that this machine cannot play, or whose expectation
# is not decided, is skipped with the reason; it never counts as passed.
import dataclasses
import re
import time

import libreswan_rows
import matrix
import misconfigurations
import pair
import peers
import spaces
import subject
from credentials import CredentialError, Credentials
from daemons import Folder
from row import OURS, THEIRS
from steps import Failed, Stage, demand, eventually
from subject import Subject
from vici import ViciError

ROWS = {row.name: row for row in matrix.OLD_PEER + matrix.NEW_PEER + misconfigurations.ROWS + libreswan_rows.ROWS}
LOG_LINES = 80
FAULTS = (Failed, spaces.LabError, CredentialError, ViciError, OSError, KeyError)


@dataclasses.dataclass
class Result:
    row: object
    outcome: str           # passed | failed | skipped
    reason: str = ""
    seconds: float = 0.0
    peer: str = ""         # its version, as it told
    logs: dict = dataclasses.field(default_factory=dict)


def why_not(row, stand_in):
    reason = row.cannot or spaces.why_not() or peers.why_not(row)
    if reason:
        return reason
    if stand_in:
        return row.stand_in or None
    return subject.why_not() or ("no LG-IKE cause is decided for it yet" if row.must_fail and not row.cause else None)


def play(row, stand_in=False, debug=False):
    reason = why_not(row, stand_in)
    if reason:
        return Result(row, "skipped", reason)
    began, result = time.monotonic(), Result(row, "passed")
    folder, world, sides = Folder(), pair.make_world(), {}
    try:
        credentials = Credentials(folder.path)
        kind = peers.of(row) if stand_in else Subject
        sides[THEIRS] = peers.of(row)(world, pair.SPACE[2], THEIRS, row, folder, credentials, debug)
        sides[OURS] = kind(world, pair.SPACE[1], OURS, row, folder, credentials, debug)
        sides[THEIRS].start()
        sides[OURS].start()
        tell(row, Stage(world, row, sides[OURS], sides[THEIRS]), stand_in)
    except FAULTS as fault:
        result.outcome, result.reason = "failed", f"{type(fault).__name__}: {fault}"
    finally:
        result.logs = {site: side.log() for site, side in sides.items() if side_has_log(side)}
        for side in sides.values():
            side.stop()
        world.clear()
        folder.clear()
    result.seconds = time.monotonic() - began
    return result


def side_has_log(side):
    try:
        return bool(side.log())
    except OSError:
        return False


def tell(row, stage, stand_in):
    for number, sentence in enumerate(row.steps, 1):
        try:
            stage.take(sentence)
        except FAULTS as fault:
            raise Failed(f"step {number}, {sentence}: {fault}") from None
    theirs = stage.sides[THEIRS].log()
    for pattern in row.logged:
        demand(re.search(pattern, theirs), f"not in the peer's log: {pattern}")
    if row.must_fail:
        pattern = row.refused if stand_in else re.escape(row.cause)
        eventually(lambda: re.search(pattern, stage.sides[OURS].explain()),
                   lambda: f"the cause is not named ({pattern}):\n{stage.sides[OURS].explain()}")
