"""Database ground (数据库基础): roles, the one door for writing, append-only tables, encrypted fields."""
