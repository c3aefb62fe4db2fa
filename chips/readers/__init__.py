"""Ways to a chip (读卡器): one interface, behind it the simulator, a PC/SC reader or a reader elsewhere."""
