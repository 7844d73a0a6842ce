# SPDX-License-Identifier: Apache-2.0
#
# Which program plays the peer of a row, and what is said of it: libreswan where the row names it, else strongSwan.
import libreswan
import strongswan

LIBRESWAN = "libreswan"


def of(row):
    return libreswan.Libreswan if row.peer == LIBRESWAN else strongswan.StrongSwan


def why_not(row):
    return libreswan.why_not() if row.peer == LIBRESWAN else strongswan.why_not(row.peer)


def told(row):
    """Its name and version, for people."""
    if row.peer == LIBRESWAN:
        return f"libreswan {libreswan.true_version() or ''}".strip()
    return f"strongSwan {strongswan.true_version(row.peer) or row.peer}"
