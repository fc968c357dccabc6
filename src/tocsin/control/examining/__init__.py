"""What is unsafe or broken about an installation, looked at where it runs: its files, its house, its accounts."""

from tocsin.control.examining.examine import Examiner as Examiner
