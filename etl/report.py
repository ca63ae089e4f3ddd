"""The balanced account of one load, for people, for machines, for the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from geo.errors import SourceError


@dataclass(frozen=True)
class Finding:
    """Something a steward should look at, though the file was loaded."""

    code: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What became of every row of a file.

    ``read = accepted + rejected + duplicate``, where
    ``accepted = inserted + updated``, ``rejected`` is itemised by reason code, and
    ``duplicate = unchanged + stale + in_file + folded``.
    """

    status: str  # loaded, already_loaded, refused, preview or review
    file_name: str
    kind: str
    profile: str
    sha256: str
    size_bytes: int
    format: str
    encoding: str | None
    datum: str | None
    as_of: str
    is_demo: bool
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    in_file: int = 0
    folded: int = 0
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)
    matches: Mapping[str, int] = field(default_factory=dict)
    hit_rate: float | None = None  # placed to the village or better, of all to be placed
    learned: int = 0  # rows placed by an earlier decision on their text
    units: Mapping[str, int] = field(default_factory=dict)
    outside: int = 0  # accepted rows that lie in no unit
    totals: Mapping[str, float] = field(
        default_factory=dict
    )  # deaths, injured of accepted rows
    dropped_columns: tuple[str, ...] = ()
    time_from: str | None = None
    time_to: str | None = None
    warnings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    epoch: int | None = None  # calendar of the file's serial dates
    seconds: float = 0.0
    load_id: int | None = None
    data_version: int | None = None

    @property
    def accepted(self) -> int:
        """Rows that are now in the store because of this file."""
        return self.inserted + self.updated

    @property
    def rejected(self) -> int:
        """Rows refused with a reason."""
        return sum(self.rejected_by_code.values())

    @property
    def duplicate(self) -> int:
        """Rows that say nothing new."""
        return self.unchanged + self.stale + self.in_file + self.folded

    @property
    def is_balanced(self) -> bool:
        """Whether every row is accounted for."""
        return self.read == self.accepted + self.rejected + self.duplicate

    @property
    def rows_per_s(self) -> float:
        """Throughput of the whole load."""
        return self.read / self.seconds if self.seconds > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the sums beside the items."""
        return {
            **asdict(self),
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicate": self.duplicate,
            "rows_per_s": round(self.rows_per_s),
        }

    def to_json(self) -> str:
        """The same as indented JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def to_text(self, language: str = "zh") -> str:
        """A report of a few lines in ``zh`` or ``en``."""
        words = _WORDS[language]

        def items(values: Mapping[str, int], *, limit: int = 12) -> str:
            ranked = sorted(values.items(), key=lambda item: (-item[1], item[0]))
            shown = [f"{name} {count:,}" for name, count in ranked[:limit] if count]
            more = len(ranked) - limit
            return " · ".join(shown) + (f" · +{more}" if more > 0 else "")

        accepted = {words["inserted"]: self.inserted, words["updated"]: self.updated}
        duplicate = {
            words["unchanged"]: self.unchanged,
            words["stale"]: self.stale,
            words["in_file"]: self.in_file,
            words["folded"]: self.folded,
        }
        lines = [
            f"{words[self.status]}  {self.file_name}  ({self.kind}, {self.profile})",
            f"{words['read']} {self.read:,} = {words['accepted']} {self.accepted:,}"
            f" + {words['rejected']} {self.rejected:,} + {words['duplicate']} {self.duplicate:,}",
            *(
                f"  {words[name]}: {items(values)}"
                for name, values in (
                    ("accepted", accepted),
                    ("rejected", self.rejected_by_code),
                    ("duplicate", duplicate),
                )
                if any(values.values())
            ),
        ]
        if self.matches:
            lines.append(f"{words['matches']}: {items(self.matches)}")
        if self.hit_rate is not None:
            lines.append(f"{words['hit_rate']}: {self.hit_rate:.1%}")
        if self.learned:
            lines.append(f"{words['learned']}: {self.learned:,}")
        if self.units:
            lines.append(f"{words['units']}: {items(self.units)}")
        if self.outside:
            lines.append(f"{words['outside']}: {self.outside:,}")
        if any(self.totals.values()):
            totals = {words.get(name, name): int(value) for name, value in self.totals.items()}
            lines.append(f"{words['totals']}: {items(totals)}")
        if self.time_from:
            lines.append(f"{words['period']}: {self.time_from} – {self.time_to}")
        if self.dropped_columns:
            lines.append(
                f"{words['dropped']} ({len(self.dropped_columns)}): "
                + ", ".join(self.dropped_columns)
            )
        lines += [f"{words['warning']} {item.code}: {item.detail}" for item in self.warnings]
        lines += [f"{words['note']}: {note}" for note in self.notes]
        lines.append(
            f"{words['encoding']} {self.encoding or '–'} · {words['datum']} {self.datum or '–'} · "
            f"{words['as_of']} {self.as_of} · {self.seconds:.2f} s · "
            f"{self.rows_per_s:,.0f} {words['rate']}"
        )
        if self.load_id is not None:
            lines.append(
                f"{words['load_id']} {self.load_id} · {words['data_version']} {self.data_version}"
            )
        return "\n".join(lines)


class LoadRefusedError(SourceError):
    """The whole file is refused after reading it; ``report`` says what was found."""

    def __init__(self, code: str, message: str, report: LoadReport) -> None:
        super().__init__(code, message)
        self.report = report


_WORDS = {
    "zh": {
        "loaded": "已入库", "already_loaded": "此前已入库", "refused": "整批拒收",
        "read": "读取", "accepted": "接收", "rejected": "拒收", "duplicate": "重复",
        "inserted": "新增", "updated": "更新", "unchanged": "未变", "stale": "过时",
        "in_file": "文件内重复", "folded": "并入同一记录", "matches": "定位等级",
        "units": "单元", "outside": "辖区外", "totals": "合计", "deaths": "死亡", "injured": "受伤",
        "period": "时段", "dropped": "已剔除的个人信息列", "warning": "注意", "note": "说明",
        "encoding": "编码", "datum": "坐标系", "as_of": "数据截至", "rate": "行/秒",
        "review": "核对入库", "hit_rate": "定位率（村级及以上）", "learned": "按以往核对定位",
        "load_id": "批次", "data_version": "数据版本",
    },
    "en": {
        "loaded": "loaded", "already_loaded": "already loaded", "refused": "refused",
        "read": "read", "accepted": "accepted", "rejected": "rejected", "duplicate": "duplicate",
        "inserted": "inserted", "updated": "updated", "unchanged": "unchanged", "stale": "stale",
        "in_file": "twice in file", "folded": "folded into one record", "matches": "match codes",
        "units": "units", "outside": "outside every unit", "totals": "totals",
        "deaths": "deaths", "injured": "injured",
        "period": "period", "dropped": "person columns dropped", "warning": "warning",
        "note": "note", "encoding": "encoding", "datum": "datum", "as_of": "as of",
        "review": "review", "hit_rate": "hit rate (village or better)",
        "learned": "placed by earlier decisions",
        "rate": "rows/s", "load_id": "load", "data_version": "data version",
    },
}  # fmt: skip
