"""What would happen to an alert with these labels: which routes, why, who would be paged when."""

from datetime import datetime

from tocsin.control.requests import Explain, Explanation, PlannedPage, Refused, RouteView
from tocsin.core.configuration import Configuration
from tocsin.core.detect.explain import Landing, explain
from tocsin.core.detect.matchers import format_matcher
from tocsin.core.respond.next_step import plan_of
