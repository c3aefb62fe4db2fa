"""What the workers of the filing proof load besides the product (证明用工作进程)."""
