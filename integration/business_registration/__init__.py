"""Business registration (工商/市场监管登记数据): its client, the feed into the unit register and a mock registry."""
