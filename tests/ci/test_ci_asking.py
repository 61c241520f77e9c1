"""The grammar of `/accept`: words that are not its own reach nobody (contract 8.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.ci.asking import (
    Misspelled,
    Targets,
    is_command,
    targets_of,
    targets_of_comment,
)
from reconciler.kinds import KEY, KINDS, LONGEST_KEY
from reconciler.model import Ref

RAIN = Ref("collection", "rain")


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("/accept all", Targets(every=True)),
        ("  /accept\tcollection/rain \r\n", Targets((RAIN,))),
        (
            "/accept collection/rain\n category/men/jackets",
            Targets((RAIN, Ref("category", "men/jackets"))),
        ),
        ("/accept collection/rain collection/rain all", Targets((RAIN,), every=True)),
        ("/accept attribute_group/A.b_c-9", Targets((Ref("attribute_group", "A.b_c-9"),))),
    ],
)
def test_a_comment_names_objects(text: str, targets: Targets) -> None:
    assert is_command(text)
    assert targets_of_comment(text) == targets


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/accept", "it names nothing"),
        ("/accept rain", "is neither all nor KIND/KEY"),
        ("/accept product/rain", "is no kind; the kinds are attribute"),
        ("/accept collection/rain please", "is neither all nor KIND/KEY"),
        ("/accept collection/rain\nThank you!", "is neither all nor KIND/KEY"),
        ("/accept collection/../../etc/passwd", "is not spelled as a key is"),
        ("/accept collection/$(touch${IFS}hacked)", "is not spelled as a key is"),
        ("/accept collection/`touch`", "is not spelled as a key is"),
        ("/accept collection/-rain", "is not spelled as a key is"),
        ("/accept collection/räin", "is not spelled as a key is"),
        ("/accept collection/rain\u202egnp", "is not spelled as a key is"),
        ("/accept --into=x", "is neither all nor KIND/KEY"),
        ("/accept collection/" + "a" * 201, "is not spelled as a key is"),
        ("/accept " + "all " * 101, "100 names are the most"),
        ("/accept <!-- pxm-drift --> @everyone", "is neither all nor KIND/KEY"),
        ("/accept ::set-output/name=x::y", "is no kind"),
    ],
)
def test_other_words_are_told(text: str, why: str) -> None:
    with pytest.raises(Misspelled) as told:
        targets_of_comment(text)
    assert why in str(told.value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "accept all", "/Accept all", "/acceptance", "> /accept all", "/accept\u00a0all"],
)
def test_another_word_is_no_command(text: str) -> None:
    assert not is_command(text)
    with pytest.raises(Misspelled):
        targets_of_comment(text)


def test_a_run_by_hand_names_them_without_the_command() -> None:
    assert targets_of("collection/rain all") == Targets((RAIN,), every=True)
    with pytest.raises(Misspelled, match="no kind"):
        targets_of("/accept all")
    with pytest.raises(Misspelled, match="it names nothing"):
        targets_of(" \n")


@given(st.text(max_size=60) | st.from_regex(r"[a-z_]{0,20}/[ -~]{0,60}"))
def test_what_passes_is_a_kind_and_a_key_and_what_does_not_is_told_in_plain_signs(
    word: str,
) -> None:
    targets, told = Targets(), ""
    try:
        targets = targets_of_comment(f"/accept {word}")
    except Misspelled as error:
        told = str(error)
    assert told.isascii()
    assert not told or told.isprintable()
    for ref in targets.refs:
        assert ref.kind in KINDS
        assert KEY.fullmatch(ref.key)
        assert len(ref.key) <= LONGEST_KEY
