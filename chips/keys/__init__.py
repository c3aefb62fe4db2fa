"""Keys of the province (省级密钥): operations only; no function here hands a key out."""
