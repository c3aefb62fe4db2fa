"""A mock of the Ministry's platform (模拟公安部平台): a real HTTP server with its own store."""
