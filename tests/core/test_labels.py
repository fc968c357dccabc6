from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.labels import decode_labels, encode_labels, fingerprint, short_name

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
label_sets = st.dictionaries(texts, texts, max_size=5)


def test_the_empty_set_has_alertmanagers_fingerprint() -> None:
    assert fingerprint({}) == "cbf29ce484222325"


def test_fingerprints_are_alertmanagers() -> None:
    labels = {
        "severity": "critical",
        "team": "db",
        "alertname": "HighErr",
        "cluster": "c1",
        "instance": "i1",
    }
    assert fingerprint(labels) == "325cc5f9175035f5"


@given(label_sets)
def test_the_text_does_not_depend_on_the_order_of_labels(labels: dict[str, str]) -> None:
    backwards = dict(reversed(labels.items()))
    assert encode_labels(labels) == encode_labels(backwards)


@given(label_sets, label_sets)
def test_different_label_sets_have_different_texts(a: dict[str, str], b: dict[str, str]) -> None:
    assert (encode_labels(a) == encode_labels(b)) == (a == b)
    assert decode_labels(encode_labels(a)) == a


def test_names_and_values_are_kept_apart() -> None:
    assert encode_labels({"a": "bc"}) != encode_labels({"ab": "c"})
    assert encode_labels({"a": "b", "c": "d"}) != encode_labels({"a": 'b","c":"d'})


def test_a_short_name_says_what_the_group_does_not() -> None:
    labels = {"alertname": "APIHighLatency", "namespace": "prod", "pod": "api-1", "severity": "critical"}
    assert short_name(labels, {"namespace": "prod"}) == "APIHighLatency (pod=api-1)"
    assert short_name({"source": "db1"}) == "source=db1"
    assert short_name({}) == "alert"
