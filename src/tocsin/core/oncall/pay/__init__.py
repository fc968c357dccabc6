"""What on-call is paid: rules, the lines of a month with their reasons, closed months and their corrections."""
