"""Machines in: bare ASGI, one folder per source. Requests become values here and durable before they are answered.

Nothing here decides what an alert means; that is the core's.
"""
