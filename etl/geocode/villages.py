"""Villages whose names are not written as they are: accepted, or laid before a clerk."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from etl.geocode import names
from etl.geocode.anchor import MAX_CANDIDATES, place_candidate
from etl.geocode.fuzzy import NameMatcher
from etl.geocode.gazetteer import Gazetteer, Unit
from etl.geocode.parse import Parsed
from etl.geocode.protocol import Candidate
from etl.geocode.words import has_point_word

# Likeness in hundredths of a wrong character; see etl.geocode.fuzzy.
NO_UNIT_HANDICAP = 60
CANDIDATE_SPREAD = 60
# Of a candidate, cost per character: of the village's name where the unit is known, of both
# names where it is only alike, of the village's where none is written.
CANDIDATE_SHARE, WHOLE_CANDIDATE_SHARE, BARE_CANDIDATE_SHARE = 60, 45, 34
ONE_WRONG = 115  # a character and a type word
_UNIT_WORD = re.compile(r"(?<=.)(?:街道办事处|街道办|办事处|办(?!公))")


@dataclass(frozen=True)
class AcceptRule:
    """When the likeliest village of a fuzzy search is taken without asking.

    All in hundredths of a wrong character.

    Parameters
    ----------
    lead
        It must be ahead of the second by this much.
    village_share
        Where the unit is known: cost per character of the village's own name.
    share
        Where the unit is only alike: cost per character of both names.
    bare_share
        Where no unit is written: cost per character of the village's own name.
    """

    lead: float = 37.0
    village_share: float = 50.0
    share: float = 34.0
    bare_share: float = 16.0


class VillageSearch:
    """The fuzzy search over all villages of a region.

    Parameters
    ----------
    gazetteer
        With one village at least.
    accept
        When the likeliest is taken.
    """

    def __init__(self, gazetteer: Gazetteer, accept: AcceptRule) -> None:
        self._gazetteer = gazetteer
        self._accept = accept
        self._villages = gazetteer.villages
        self._matcher = self._make_matcher()

    def _make_matcher(self) -> NameMatcher:
        keys, owners, own, type_words = [], [], [], []
        for i, village in enumerate(self._villages):
            unit = self._gazetteer.units.get(village.unit or "")
            head = self._key_head(unit) if unit else ""
            stem = unit.stem if unit else ""
            keys += [f"{head}{village.stem}村", f"{village.stem}村"]
            owners += [i, i]
            own.append(len(stem) + len(village.stem))
            own.append(len(village.stem))
            words = (*range(len(stem), len(head)), len(keys[-2]) - 1)
            type_words += [words, (len(keys[-1]) - 1,)]
        self._is_bare = np.arange(len(keys)) % 2 == 1
        handicaps = np.where(self._is_bare, NO_UNIT_HANDICAP, 0)
        self._own_chars = np.array(own)
        return NameMatcher(keys, np.array(owners), handicaps, type_words)

    def resolve(self, said: list[Parsed]) -> dict[int, list[Candidate]]:
        """Settle clear fuzzy matches in place; return the candidates of the unclear ones."""
        rows = [i for i, one in enumerate(said) if one.core is not None]
        if not rows:
            return {}
        queries = [self._query(said[i]) for i in rows]
        position = {query: i for i, query in enumerate(dict.fromkeys(queries))}
        ranking = self._matcher.rank(list(position), MAX_CANDIDATES)
        unclear = {}
        for i, query in zip(rows, queries, strict=True):
            at = position[query]
            candidates = self._judge(said[i], ranking.key[at], ranking.cost[at])
            if candidates:
                unclear[i] = candidates
        return unclear

    def _query(self, said: Parsed) -> str:
        core = names.VILLAGE_SUFFIX.sub("", said.core) + "村"
        if said.units:
            return self._key_head(self._gazetteer.units[next(iter(said.units))]) + core
        return _UNIT_WORD.sub("街道", core, count=1)

    @staticmethod
    def _key_head(unit: Unit) -> str:
        return names.normalise(unit.name)

    def _judge(self, said: Parsed, keys: np.ndarray, costs: np.ndarray) -> list[Candidate]:
        """Accept the likeliest village into ``said``, or return the likely ones."""
        rule, best = self._accept, int(keys[0])
        village = self._villages[best // 2]
        own, cost = float(self._own_chars[best]), float(costs[0])
        lead = float(costs[1]) - cost
        if self._is_bare[best]:
            cost -= NO_UNIT_HANDICAP
            clear = cost <= rule.bare_share * own and own >= 2
        elif said.units:
            own = len(village.stem)
            clear = village.unit in said.units and cost <= rule.village_share * own
        else:
            clear = cost <= rule.share * own
        score = max(0.0, 100.0 - cost / max(own, 1.0))
        if clear and lead >= rule.lead:
            said.villages = frozenset({village.code})
            said.village_is_heard = said.village_is_full = True
            said.village_is_bare = False
            said.village_score = score
            return []
        if said.units and has_point_word(said.rest) and "村" not in said.rest:
            return []
        likely = []
        for key, one in zip(keys.tolist(), costs.tolist(), strict=True):
            if key < 0 or one - float(costs[0]) > CANDIDATE_SPREAD:
                break
            own = float(self._own_chars[key])
            limit = WHOLE_CANDIDATE_SHARE * own
            if self._is_bare[key]:
                one, limit = one - NO_UNIT_HANDICAP, BARE_CANDIDATE_SHARE * own
            elif said.units:
                own = len(self._villages[key // 2].stem)
                limit = max(ONE_WRONG, CANDIDATE_SHARE * own)
            if one <= limit and (own >= 2 or not self._is_bare[key]):
                likely.append(
                    place_candidate(
                        self._gazetteer, self._villages[key // 2], 100.0 - one / own
                    )
                )
        return likely
