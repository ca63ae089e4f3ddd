import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.tokens import DAY_S, Signer, TokenError

SIGNER = Signer(b"0123456789abcdef")
NOON = 20_000 * DAY_S + 12 * 3600


def sign(**changes):
    given_ = {"layer": "heat", "version": "3-ab", "query": {"b": 500}, "now_s": NOON} | changes
    return SIGNER.sign(
        given_["layer"], given_["version"], given_["query"], now_s=given_["now_s"]
    )


def test_a_token_opens_to_its_query():
    token = sign(query={"b": 500, "s": "禹州"})
    opened = SIGNER.open(token, layer="heat", version="3-ab", now_s=NOON)
    assert opened == {"b": 500, "s": "禹州"}


@pytest.mark.parametrize("seconds", [0, 3600, 12 * 3600 - 1])
def test_equal_requests_of_one_day_have_equal_urls(seconds):
    assert sign(now_s=NOON + seconds) == sign()


def test_a_token_lives_one_to_two_days():
    token = sign()
    last = (20_000 + 2) * DAY_S - 1
    assert SIGNER.open(token, layer="heat", version="3-ab", now_s=last)
    with pytest.raises(TokenError, match="expired"):
        SIGNER.open(token, layer="heat", version="3-ab", now_s=last + 1)


@pytest.mark.parametrize(("layer", "version"), [("points", "3-ab"), ("heat", "4-ab")])
def test_a_token_is_good_for_one_layer_and_version(layer, version):
    with pytest.raises(TokenError, match="another layer"):
        SIGNER.open(sign(), layer=layer, version=version, now_s=NOON)


def test_another_key_does_not_open_it():
    with pytest.raises(TokenError, match="signature"):
        Signer(b"another key here").open(sign(), layer="heat", version="3-ab", now_s=NOON)


@given(position=st.integers(0, 400), sign_=st.characters())
def test_no_altered_token_opens(position, sign_):
    token = sign()
    at = position % len(token)
    altered = token[:at] + sign_ + token[at + 1 :]
    if altered == token:
        return
    with pytest.raises(TokenError):
        SIGNER.open(altered, layer="heat", version="3-ab", now_s=NOON)


@given(st.text(max_size=60))
def test_garbage_is_refused(text):
    with pytest.raises(TokenError):
        SIGNER.open(text, layer="heat", version="3-ab", now_s=NOON)


def test_the_url_stays_short():
    query = {"b": 1000.0, "s": json.dumps({"units": [f"411081{k:03d}" for k in range(26)]})}
    assert len(sign(query=query)) < 800
