"""Other systems (外部系统): each knows the domain, the domain knows none of them."""
