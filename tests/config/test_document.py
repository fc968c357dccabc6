"""YAML as a tree of texts with their places; hostile YAML is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config import document
from tocsin.config.document import ConfigFile, Mapping, Scalar, Sequence, Unreadable, files_at, plain, read


def tree(text: str) -> Mapping:
    return read(ConfigFile("tocsin.yaml", text))


def refusal(text: str) -> str:
    with pytest.raises(Unreadable) as refused:
        tree(text)
    return f"{refused.value.problem.line}: {refused.value.problem.message}"


def test_every_value_knows_its_line_and_path() -> None:
    found = tree(
        "policies:\n  platform:\n    steps:\n      - wait: 10m\n      - {page: alice,\n         wait: 5m}\n"
    )
    places = {place.path: place.line for place in document.places(found)}
    assert places["policies.platform.steps[0].wait"] == 4
    assert places["policies.platform.steps[1].page"] == 5
    assert places["policies.platform.steps[1].wait"] == 6


@pytest.mark.parametrize("text", ["09:00", "no", "1e3", "0x10", "2026-06-01", "1_000", "012", "on"])
def test_a_scalar_stays_the_text_that_was_written(text: str) -> None:
    (_, value), *_ = tree(f"key: {text}").entries
    assert isinstance(value, Scalar)
    assert (value.text, value.plain) == (text, True)


def test_a_quoted_null_is_a_text_and_a_bare_one_is_nothing() -> None:
    values = [value for _, value in tree("a: 'null'\nb: null\nc: ~\nd:\ne: ''").entries]
    assert [isinstance(value, Scalar) and value.absent for value in values] == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "\n\n"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    assert tree(text).entries == ()


def test_an_anchor_is_repeated_at_its_aliases_under_their_own_paths() -> None:
    found = tree("a: &rules [x, {y: 1}]\nb: *rules")
    assert plain(found) == {"a": ["x", {"y": 1}], "b": ["x", {"y": 1}]}
    assert "b[1].y" in {place.path for place in document.places(found)}


def test_a_merge_key_fills_in_what_is_not_written_itself() -> None:
    assert plain(tree("x-base: &base {a: 1, b: 2}\nc: {<<: *base, b: 3}"))["c"] == {"b": 3, "a": 1}


def test_a_key_that_is_written_twice_names_both_lines() -> None:
    assert refusal("people:\n  alice: {}\n  alice: {}\n") == "3: 'alice' is written twice, first on line 2"


def test_a_tab_is_named_as_what_it_is() -> None:
    assert refusal("people:\n\talice: {}\n") == "2: a tab stands here; YAML is indented with spaces"


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [ls]",
        "a: !!python/name:os.system",
        "a: !secret x",
        "!!map {a: b}",
        "a: !!set {b}",
    ],
)
def test_tags_are_refused_so_nothing_is_ever_constructed(text: str) -> None:
    assert "tags are not accepted" in refusal(text)


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "once aliases are expanded" in refusal("\n".join(lines))


def test_an_alias_of_what_contains_it_is_refused() -> None:
    assert "points at no anchor" in refusal("a: &a [*a]")


@pytest.mark.parametrize("depth", [document.MAX_DEPTH + 1, 100_000])
def test_deep_nesting_is_refused_and_costs_nothing(depth: int) -> None:
    assert "deep" in refusal("a: " + "[" * depth)


def test_a_second_document_in_one_file_is_refused() -> None:
    assert refusal("a: 1\n---\nb: 2\n") == "2: a second YAML document; write one document a file"


def test_a_file_of_more_than_a_mebibyte_is_refused() -> None:
    assert "split it" in refusal("#" * (document.MAX_FILE + 1))


@pytest.mark.parametrize("text", ['a: "\\ud800"', 'a: "\\0"', 'a: "\\U00110000"', "a: \x00", "a: \x07"])
def test_what_is_no_character_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize("text", ["- a", "hello", "[a, b]"])
def test_a_file_that_is_no_mapping_says_what_is_expected(text: str) -> None:
    assert "a configuration file is a mapping" in refusal(text)


@given(st.text(alphabet=st.sampled_from(list("ab:-?{}[],&*#!|>'\"%@` \n\t\\<=~")), max_size=60))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        found = tree(text)
    except Unreadable as refused:
        assert refused.problem.message
    else:
        assert isinstance(found, Mapping)


@given(
    st.recursive(
        st.integers(0, 99) | st.sampled_from(["a", "b c"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
        ),
    )
)
def test_json_is_read_as_what_it_says(value: object) -> None:
    import json

    found = tree(json.dumps({"value": value}))
    assert plain(found) == {"value": value}
    assert isinstance(found.entries[0][1], (Scalar, Mapping, Sequence))


def test_a_folder_is_all_its_yaml_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.yaml", "a.yml", "teams/c.yaml", ".git/d.yaml", "README.md"):
        (tmp_path / name).write_text("{}")
    assert [Path(file.path).relative_to(tmp_path).as_posix() for file in files_at(tmp_path)] == [
        "a.yml",
        "b.yaml",
        "teams/c.yaml",
    ]


def test_a_folder_without_yaml_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"no \.yaml or \.yml file"):
        files_at(tmp_path)


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(Unreadable) as refused:
        files_at(tmp_path / "tocsin.yaml")
    assert refused.value.problem.line == 2


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        files_at(tmp_path / "missing.yaml")
