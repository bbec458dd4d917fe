"""The same databases as the engine's tests."""

from tests.engine.conftest import new_database, postgresql

__all__ = ["new_database", "postgresql"]
