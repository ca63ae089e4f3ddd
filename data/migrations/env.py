"""Alembic's entry: runs on the connection, and in the transaction, it is handed."""

from alembic import context
from sqlalchemy import Column
from sqlalchemy.types import TypeEngine

from data.geometry import Geom
from data.models import Base


def compare_type(
    _context: object,
    _inspected_column: Column[object],
    _metadata_column: Column[object],
    _inspected_type: TypeEngine[object],
    metadata_type: TypeEngine[object],
) -> bool | None:
    """Geometry reflects differently on each database; leave the rest to Alembic."""
    return False if isinstance(metadata_type, Geom) else None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=compare_type,
)
context.run_migrations()
