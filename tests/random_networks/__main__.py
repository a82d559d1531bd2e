"""`python -m random_networks`: judges networks of fresh seeds until the time is over."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter

import torch

from random_networks import forms, judge_network, network


def main() -> None:
    """Judges networks of fresh seeds until the time is over; prints what there was in them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--start", type=int, default=1_000_000, help="the first seed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    words: Counter[str] = Counter()
    end = time.monotonic() + 60 * options.minutes
    seed = options.start
    while time.monotonic() < end:
        found = network(seed, trains=seed % 2 == 1)
        try:
            counts["agree" if judge_network(found) else "refused by rule"] += 1
        except AssertionError as error:
            counts["differ"] += 1
            print(f"{error}\n{error.__cause__!r}\n")
        words.update(forms(found))
        seed += 1
    print(f"seeds {options.start}..{seed - 1}: {dict(counts)}")
    print("networks with:", "; ".join(f"{word} {count}" for word, count in words.most_common()))
    sys.exit(counts["differ"] > 0)


if __name__ == "__main__":
    main()
