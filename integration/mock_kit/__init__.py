"""What both mock agencies are built from (模拟服务公共部件): plain WSGI, a store of their own, fault switches.

Nothing here knows Django, its settings or the domain: a mock is the other side, and must not agree with us by accident.
"""
