"""Pages of licensing (许可与企业管理页面)."""
