"""Reading of uploaded bytes (文件内容读取), in a process of its own: no Django, no secrets, no database in here."""
