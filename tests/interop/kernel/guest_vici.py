# SPDX-License-Identifier: Apache-2.0
#
# strongSwan's control protocol in a guest whose sockets the host cannot reach: run there with the file of a request, it
# asks and prints the answer. On the host GuestVici offers what vici.Vici does.
import json
import sys

import vici


def answer(request):
    try:
        with vici.Vici(request["socket"]) as charon:
            if request["event"]:
                return {"answer": charon.stream(request["command"], request["event"], request["message"])}
            return {"answer": charon.ask(request["command"], request["message"])}
    except (vici.ViciError, OSError) as error:
        return {"error": str(error)}


class GuestVici:
    """Each request is a run of this file in the guest."""

    def __init__(self, guest, path):
        self.guest, self.path = guest, path
        self.guest.copy(vici.__file__)
        self.program = self.guest.copy(__file__)

    def _told(self, command, event, message):
        request = {"socket": self.path, "command": command, "event": event, "message": message or {}}
        told = self.guest.run(f"python3 -B {self.program} {self.guest.write('request.json', json.dumps(request))}")
        said = json.loads(told)
        if "error" in said:
            raise vici.ViciError(said["error"])
        return said["answer"]

    def ask(self, command, message=None):
        return self._told(command, None, message)

    def stream(self, command, event, message=None):
        return self._told(command, event, message)

    def close(self):
        """Nothing is held between requests."""


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(answer(json.load(file))))
