"""From reported alerts to groups and incidents: routing, grouping, inhibition, silences, heartbeats."""
