"""Label sets: their canonical text, which is their identity, and Alertmanager's fingerprint.

The canonical text is JSON with sorted keys: it is stored, compared and hashed, so equal label sets are equal bytes.
"""

from collections.abc import Mapping

import msgspec

Labels = dict[str, str]

# An alert with this label set to "true" is somebody's test: it pages the real way and counts in no statistic.
TEST_LABEL = "tocsin_test"

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(dict[str, str])

encode_labels = _encoder.encode
decode_labels = _decoder.decode


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's fingerprint (prometheus/common model.LabelSet): FNV-1a over sorted names and values, 0xFF after each.

    Slow in Python; only for answers that Alertmanager's clients read.
    """
    digest = 0xCBF29CE484222325
    for name, value in sorted((name.encode(), value.encode()) for name, value in labels.items()):
        for byte in b"%b\xff%b\xff" % (name, value):
            digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


def short_name(labels: Mapping[str, str], without: Mapping[str, str] | None = None) -> str:
    """How people tell an alert from its neighbours: its alertname, then at most three labels that `without` (what its group
    shares) does not explain: `APIHighLatency (instance=api-1, pod=x)`."""
    name = labels.get("alertname", "")
    wanted = 3 if name else 4
    telling: list[str] = []
    for label in sorted(labels):
        value = labels[label]
        if label not in _NOT_TELLING and (without is None or without.get(label) != value):
            telling.append(f"{label}={value}")
            if len(telling) == wanted:
                break
    if not name:
        return ", ".join(telling) or "alert"
    return f"{name} ({', '.join(telling)})" if telling else name


_NOT_TELLING = frozenset({"alertname", "severity", "job", "prometheus", "service"})
