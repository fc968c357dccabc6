"""`tocsin secrets rotate`: says how many, and by its exit code whether an older key may go."""

import json

import pytest

from tests.cli.conftest import FakeTocsin, Run
from tocsin.control.requests import RotateSecrets, SecretsView


@pytest.mark.parametrize(
    ("answer", "exit_code", "said"),
    [
        (SecretsView(9, 3, 0, 0), 0, "3 secrets encrypted anew"),
        (SecretsView(12, 0, 0, 0), 0, "Older keys may be taken away"),
        (SecretsView(0, 0, 0, 0), 0, "No secrets are stored"),
        (SecretsView(9, 3, 0, 1), 1, "1 secret unreadable"),
    ],
)
def test_rotating_says_what_became_of_them(
    answer: SecretsView, exit_code: int, said: str, run: Run, tocsin: FakeTocsin
) -> None:
    tocsin.answers = [answer]
    result = run("secrets", "rotate")
    assert result.exit_code == exit_code
    assert said in result.stdout
    assert tocsin.asked == [RotateSecrets()]


def test_a_check_only_counts_and_fails_while_an_older_key_is_needed(run: Run, tocsin: FakeTocsin) -> None:
    tocsin.answers = [SecretsView(9, 0, 3, 0)]
    result = run("secrets", "rotate", "--check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"current": 9, "rotated": 0, "stale": 3, "unreadable": 0}
    assert tocsin.asked == [RotateSecrets(check=True)]
