"""The Ministry's platform (公安部平台): its client, its message forms and a mock platform."""
