"""Drivers with a single idea: the baselines that every comparison carries.

Each does its one thing with care, tests what it nominates like the playbook, and ends honestly.
"""

from ..scripted import Scripted
from . import always_none, chat_battery, prefill_only, weights_only

ONE_IDEA = {
    module.__name__.rpartition(".")[2]: module
    for module in (always_none, chat_battery, prefill_only, weights_only)
}


def one_idea(name: str) -> Scripted:
    """The driver of a name in `ONE_IDEA`."""
    return Scripted(name, ONE_IDEA[name].audit)
