"""Component gallery (组件展示): every component with likely content, in local and test settings only."""
