"""Places for texts: speed and precision, in one run.

    python bench/geocode.py                  three seeds of noise on the bundled county
    python bench/geocode.py --seeds 10

Speed is of one core, with all texts different: no answer is had twice. Precision is by kind of noise:
the share accepted without asking, how much of it is right, and how often the first
candidate is the place meant.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter

from data.region import RegionPack
from etl.geocode import Cascade
from etl.geocode.noise import KINDS, noisy_addresses
from etl.geocode.stake_text import parse_stakes

STAKES = (
    "S237线K45+300处", "237省道45公里300米", "省道103线K86+500", "许洛线57至60公里+200米",
    "G15W 常台高速282K-284K", "国道205线2456KM+000M-300M", "神垕镇关爷庙村东100米",
    "G311线K123+450处", "省道77公里加800米至66公里加400米", "电话13800138000",
)  # fmt: skip


def precision(cascade: Cascade, seeds: int) -> float:
    """Print the table by kind of noise; return addresses a second."""
    total, accepted, right, first = Counter(), Counter(), Counter(), Counter()
    texts, seconds = 0, 0.0
    for seed in range(1, seeds + 1):
        written = noisy_addresses(cascade.gazetteer, seed=seed)
        started = time.perf_counter()
        placed = cascade.locate([one.text for one in written])
        seconds += time.perf_counter() - started
        texts += len(written)
        for one, status, code, candidates in zip(
            written, placed.status, placed.place_code, placed.candidates, strict=True
        ):
            is_accepted = status == "accepted" and code is not None
            best = code if is_accepted else None
            if not is_accepted and candidates:
                best = json.loads(candidates)[0]["place_code"]
            total[one.kind] += 1
            accepted[one.kind] += is_accepted
            right[one.kind] += is_accepted and code == one.place_code
            first[one.kind] += best == one.place_code
    print(f"{'noise':<14}{'n':>8}{'accepted':>10}{'right':>10}{'top 1':>10}")
    for kind in (*KINDS, "all"):
        n, taken, good, top = (
            counts.total() if kind == "all" else counts[kind]
            for counts in (total, accepted, right, first)
        )
        print(f"{kind:<14}{n:>8,}{taken / n:>10.2%}{good / taken:>10.2%}{top / n:>10.2%}")
    return texts / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    cascade = Cascade(RegionPack.open("yuzhou"))
    ours = precision(cascade, options.seeds)
    print(f"\naddresses  {ours:>10,.0f} /s")
    texts = [f"{text}{i}" for i in range(10_000) for text in STAKES]
    started = time.perf_counter()
    parse_stakes(texts)
    print(f"stakes     {len(texts) / (time.perf_counter() - started):>10,.0f} /s parsed")


if __name__ == "__main__":
    main()
