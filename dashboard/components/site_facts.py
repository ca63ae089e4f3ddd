"""Below the board of key sites: what it rests on and what is not recorded."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.result_words import result_marks
from data.derived.sites import SiteBoard


def site_facts(frame: Frame, found: SiteBoard) -> None:
    """One line."""
    facts = found.facts
    words = [
        t(
            "site.facts",
            sites=facts.events,
            outside=facts.outside,
            unread=facts.parameters["mines_without_reading"],
            ungraded=facts.parameters["lec_not_assessed"],
            version=facts.version,
        ),
        t("sites.rules", days=facts.parameters["interval_days"],
          deadline=facts.parameters["merger_deadline"]),
        *result_marks(facts, frame.region),
    ]  # fmt: skip
    markup.show(f'<div class="pa-facts">{for_html(" · ".join(words))}</div>')
