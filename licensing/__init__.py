"""Engraving shops and their special-trade licence (印章刻制企业与特种行业许可证)."""
