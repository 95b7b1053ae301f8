"""Settings that sources share."""

import pytest
from pydantic import ValidationError

from tilth.steps.source._settings import BadRecords, Table


def test_one_bad_record_in_a_hundred_is_borne():
    assert BadRecords().at_most == 0.01
    for share in (-0.1, 1.1):
        with pytest.raises(ValidationError):
            BadRecords(at_most=share)


def test_a_delimiter_is_one_letter():
    assert Table(delimiter=";").delimiter == ";"
    with pytest.raises(ValidationError):
        Table(delimiter="::")
