"""A mock of the business registry (模拟登记机关): a real HTTP server with its own store of invented enterprises."""
