"""Pages of filing (备案页面): the public's look-ups here, the shop's and the police's beside them."""
