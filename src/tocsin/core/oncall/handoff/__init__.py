"""Handing a shift over: when, what the report holds, and how it goes from draft to accepted."""
