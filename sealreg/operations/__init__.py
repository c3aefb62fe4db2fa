"""Keeping the system alive (运行维护): backup, restore, doctor."""
