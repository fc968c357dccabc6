"""The doors: what the web, the command line and the API may ask of the machine, as values; one function performs them."""
