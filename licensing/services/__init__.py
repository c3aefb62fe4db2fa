"""What licensing does (许可与企业管理服务)."""
