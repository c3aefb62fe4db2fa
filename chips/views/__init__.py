"""Pages of chips (芯片页面)."""
