"""Filing of engraved official seals (公章刻制备案): submitted by the shop, approved by nobody."""
