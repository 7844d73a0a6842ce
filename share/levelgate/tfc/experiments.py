# SPDX-License-Identifier: Apache-2.0
#
# The two experiments: which loads run how often, in which order, and what is compared with what.
import random as shuffling

from tfc import loads
from tfc.figures import Experiment
from tfc.real import Real
from tfc.virtual import Virtual

BOTH_WAYS = ("both-ways", "90 % of mixed sizes, both ways at once")
ATTACK = ("attack", "90 % of mixed sizes, and forged packets from outside")
REAL = ("voice", "web", "bulk", "onoff-1", "onoff-10", "onoff-100", "imix-90", "impulses")
QUICK = ("web", "bulk", "onoff-10", "impulses")
CONTROL = "poisson-50"      # what the negative control carries on top of its trickle
QUIET = loads.Load("quiet", "the trickle alone", loads.nothing)


def in_virtual_time(settings, levelgate, folder, say):
    bench = Virtual(levelgate, folder, settings.schedule, settings.packets, settings.seed)
    chosen = loads.by_name(QUICK) if settings.quick else loads.LOADS
    loaded, titles = {}, {load.name: load.title for load in chosen} | dict([BOTH_WAYS, ATTACK])
    say("idle")
    idle = [bench.observe(loads.IDLE, run) for run in range(2 * settings.runs)]
    for load in chosen:
        say(f"{load.name}: {load.title}")
        loaded[load.name] = [bench.observe(load, run) for run in range(settings.runs)]
    for (name, title), observe in ((BOTH_WAYS, bench.observe_both_ways), (ATTACK, bench.observe_attack)):
        say(f"{name}: {title}")
        loaded[name] = [observe(run) for run in range(settings.runs)]
    say("negative control: on-demand mode")
    control = loads.by_name([CONTROL])[0]
    quiet, busy = ([bench.observe(load, run, "on-demand", True) for run in range(settings.runs)] for load in (QUIET, control))
    return Experiment(bench.kind, settings.schedule, idle, loaded, titles, quiet, busy, bench.goodput(), settings.seed,
                      ["Virtual time: the clock jumps from event to event, so a stamp is exact and no machine's noise is in it."])


def in_real_time(settings, binaries, folder, say):
    bench = Real(binaries, folder, settings.schedule, settings.packets, settings.seed, say)
    chosen = loads.by_name(QUICK if settings.quick else REAL)
    order = shuffling.Random(settings.seed)
    with bench.tunnel("fixed") as (stretches, fixed):
        for run in range(settings.runs):
            for load in order.sample(chosen, len(chosen)):
                say(f"run {run + 1} of {settings.runs}: {load.name}")
                pair = [(f"idle {load.name}", loads.IDLE), (load.name, load)]
                for name, one in order.sample(pair, 2):
                    stretches.append(bench.stretch(name, run, one))
    lost = bench.capture_lost
    control = loads.by_name([CONTROL])[0]
    with bench.tunnel("on-demand") as (stretches, on_demand):
        for run in range(settings.runs):
            say(f"negative control: on-demand mode, run {run + 1} of {settings.runs}")
            for load in order.sample([QUIET, control], 2):
                stretches.append(bench.stretch(load.name, run, load, True))
    return Experiment(bench.kind, settings.schedule, [one for one in fixed if one.condition.startswith("idle")],
                      {load.name: [one for one in fixed if one.condition == load.name] for load in chosen},
                      {load.name: load.title for load in chosen},
                      [one for one in on_demand if one.condition == QUIET.name],
                      [one for one in on_demand if one.condition == control.name], None, settings.seed,
                      [f"Stamps are the kernel's, as packets come to gateway B; {lost if lost is not None else '?'} were lost to the capture.",
                       "Gateway A polls on a core of its own; gateway B, both hosts and the capture share the others."
                       if bench.own_core is not None else
                       "There is one core for everything here: gateway A does not poll, and real-time figures say little."])
