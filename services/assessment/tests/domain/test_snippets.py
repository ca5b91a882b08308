"""What a search shows is safe as HTML."""

import pytest

from assessment.domain.snippets import snippet


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("\ue000a\ue001 < b & c", "<mark>a</mark> &lt; b &amp; c"),
        ("<script>\ue000x\ue001</script>", "&lt;script&gt;<mark>x</mark>&lt;/script&gt;"),
        (" two\n\nlines ", "two lines"),
        ("", ""),
    ],
)
def test_snippet(headline: str, shown: str) -> None:
    assert snippet(headline) == shown
