# SPDX-License-Identifier: Apache-2.0
#
# Results as files.
import os
import tempfile


def write_whole(path, text):
    """The file is there as a whole, or as it was."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=os.path.dirname(os.path.abspath(path)), delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
