# SPDX-License-Identifier: Apache-2.0
#
# Where `levelgate bench tfc` begins: looks whether numpy is there before anything wants it.
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNUSABLE = 1


def main():
    try:
        import numpy  # noqa: F401
    except ImportError:
        print("levelgate: bench tfc needs numpy. Run: apt install python3-numpy", file=sys.stderr)
        return UNUSABLE
    from tfc import command
    return command.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
