# SPDX-License-Identifier: Apache-2.0
#
# The configurations of the bench's two gateways: one tunnel with static keys between them, made for this run and gone
# with it. A configuration is a map; JSON is YAML too.
import json
import os

ADDRESS = {1: "198.51.100.1", 2: "198.51.100.2"}
SPI = {1: 0x1001, 2: 0x2002}  # of the SA that the site sends with
TUNNEL = "lab"
KEY_OCTETS = 36               # AES-256-GCM with its salt


def fixed(schedule):
    return {"mode": "fixed", "rate": f"{schedule.bits_per_second} bit/s", "packet-size": f"{schedule.packet_size}B"}


def on_demand(schedule):
    return {"mode": "on-demand", "packet-size": f"{schedule.packet_size}B"}


def make_keys(folder):
    for site in SPI:
        path = os.path.join(folder, f"{site}.key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(os.urandom(KEY_OCTETS).hex())


def sa(site):
    return {"spi": SPI[site], "cipher": "aes256gcm16", "key": {"file": f"{site}.key"}}


def write(folder, site, tfs, **sections):
    """The path of one gateway's configuration."""
    peer = 3 - site
    whole = {"version": 1,
             "ports": {"wan": {"vdev": "net_af_packet,iface=wan", "address": [f"{ADDRESS[site]}/24"]},
                       "lan": {"vdev": "net_af_packet,iface=lan", "address": [f"10.{site}.0.1/24"]}},
             "tunnels": {TUNNEL: {"local": {"address": ADDRESS[site]}, "remote": {"address": ADDRESS[peer]},
                                  "static": {"outbound": sa(site), "inbound": sa(peer)}, "tfs": tfs}},
             "routes": [{"to": f"10.{peer}.0.0/24", "via": TUNNEL}], **sections}
    path = os.path.join(folder, f"gateway-{site}-{tfs['mode']}.yaml")
    with open(path, "w", encoding="ascii") as file:
        json.dump(whole, file, indent=1)
    return path
