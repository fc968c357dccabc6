"""What fields of several requests are made of."""

from typing import Annotated, Literal

import msgspec

Id = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Kept = Literal["git", "people"]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]
