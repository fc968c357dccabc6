"""What the engine does about on-call by itself: telling people of shifts, reminding of swaps and handoffs."""
