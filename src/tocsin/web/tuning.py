"""How the processes' interpreters are set: few long pauses, memory given back. Measured, and nothing depends on it."""

import ctypes
import gc
import sys

# Seconds a thread may hold the interpreter while another waits; the default of 0.005 is a page's whole budget.
SWITCH_INTERVAL = 0.0005
# Most of what is made either dies at once or stays for as long as its alert fires: looking for cycles rarely finds any.
GC_THRESHOLDS = (50_000, 20, 50)

# glibc's malloc.h: an arena for each thread, and large blocks kept forever, would hold on to a storm's memory.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
MALLOC = {M_ARENA_MAX: 2, M_MMAP_THRESHOLD: 16 * 1024, M_TRIM_THRESHOLD: 128 * 1024}


# A page leaves few cycles behind, and small ones.
GC_OF_PAGES = (10_000, 20, 20)


def tune_for_pages() -> None:
    """Once, at the start of the people process. What is loaded stays: looking through it for cycles again and again cost
    every hundredth page a tenth of a second."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  imports every page
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_OF_PAGES)


def tune() -> None:
    """Once, at the start of a process that machines talk to."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    for option, value in MALLOC.items():
        mallopt(option, value)
