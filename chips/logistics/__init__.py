"""Chips on their way from the maker to the shop (芯片物流): making, filling, packing, orders, counting, the ledger."""
