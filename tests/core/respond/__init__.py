"""The responding core, told as stories on a virtual clock."""
