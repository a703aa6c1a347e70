"""The records that every room speaks of: frozen dataclasses and enums, no behaviour, no imports of ours."""
