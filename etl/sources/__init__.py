"""Foreign files, read safely: every file is parsed in a child process of its own.

:func:`open_source` is the only door. What comes out is text (and WKB geometry) in
Arrow batches, with a fault for every row that could not be read.
"""

from etl.sources.isolated import Source, open_source
from etl.sources.model import FAULT_SCHEMA, SourceBatch, SourceOptions

__all__ = ["FAULT_SCHEMA", "Source", "SourceBatch", "SourceOptions", "open_source"]
