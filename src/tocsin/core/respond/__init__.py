"""What a human must deal with: incidents, escalation, pages, notifications."""
