"""The ledger of hazards: steps with guards, proofs, deadlines, and what found the place."""

from data.ledger.desk import Ledger
from data.ledger.opening import NewHazard
from data.ledger.reader import LedgerReader

__all__ = ["Ledger", "LedgerReader", "NewHazard"]
