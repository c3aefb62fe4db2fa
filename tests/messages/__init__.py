"""The English catalogue (英文译文) without the gettext tools: extract, compare, compile."""
