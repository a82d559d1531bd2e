"""Random valid networks as YAML, with torch as the only judge of what is valid.

`Author` writes a spec node by node; where asked, with nodes among them that run in training alone.
Each candidate runs at once on real CPU tensors in `Reference`, which reads the language naively: a
module of torch for every node, made when the first tensor comes. Neither shares any code with
archc. `judge_network` compares both with archc.

`python -m random_networks --minutes 10`, in this folder, judges as many networks as there is time
for.
"""

from random_networks.author import network
from random_networks.built_in import BUILT_IN
from random_networks.calls import JOINS, REFUSALS, Data, Unclear
from random_networks.dice import Dice
from random_networks.draws import DRAWS
from random_networks.forms import FORMS, forms
from random_networks.judge import judge_network
from random_networks.made import KEYS, Made
from random_networks.reference import Reference
from random_networks.stricter import is_about_symbols
from random_networks.text import written
from random_networks.written import Written

__all__ = [
    "BUILT_IN",
    "DRAWS",
    "FORMS",
    "JOINS",
    "KEYS",
    "REFUSALS",
    "Data",
    "Dice",
    "Made",
    "Reference",
    "Unclear",
    "Written",
    "forms",
    "is_about_symbols",
    "judge_network",
    "network",
    "written",
]
