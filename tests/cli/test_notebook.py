"""A survey in a notebook."""

from html.parser import HTMLParser

from tilth.cli.looking import look

EVIL = "<script>alert(1)</script> & \x1b[31m \u202e back, at some length so that it is a text"


class Reader(HTMLParser):
    """Sees that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_fragment_is_whole_and_nothing_of_a_row_is_markup() -> None:
    html = look({EVIL: [EVIL + str(n) for n in range(30)], "n": list(range(30))})._repr_html_()
    reader = Reader()
    reader.feed(html)
    assert reader.open == [] and "script" not in reader.seen and {"table", "svg", "rect"} <= reader.seen
    assert "\x1b" not in html and "\u202e" not in html and "http" not in html and "url(" not in html
