"""redact.secrets: keys, tokens and passwords."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import pyarrow as pa
from pydantic import Field

from tilth.record import SPANS
from tilth.redaction import Redaction
from tilth.text import secrets

Kind = Literal[
    "private_key",
    "aws_key",
    "google_key",
    "azure_key",
    "github_token",
    "gitlab_token",
    "slack_token",
    "stripe_key",
    "twilio_key",
    "sendgrid_key",
    "npm_token",
    "pypi_token",
    "anthropic_key",
    "openai_key",
    "huggingface_token",
    "telegram_token",
    "jwt",
    "url_password",
    "assigned",
]


class Secrets(Redaction):
    """Hides keys, tokens, private keys and passwords that rules can find.

    Keys and tokens of known makers are told by how they begin and how long they are: `aws_key`, `google_key`, `github_token`,
    `gitlab_token`, `slack_token` (and addresses of webhooks), `stripe_key`, `twilio_key`, `sendgrid_key`, `npm_token`, `pypi_token`,
    `anthropic_key`, `openai_key`, `huggingface_token`, `telegram_token`. Of Amazon's secret keys and Azure's keys, which begin like
    nothing, the name before them tells: `aws_key`, `azure_key`. `private_key` is a whole block from `-----BEGIN … PRIVATE KEY-----`
    to its end, also with its line breaks written out, as in the JSON of Google's service accounts. A `jwt` has three parts of which
    the first decodes to JSON with `alg`. `url_password` is the name and password in `scheme://name:password@host`.

    `assigned` is a value behind `=` or `:` and a name that ends in password, passwd, pwd, passphrase, secret, token, credentials, auth,
    or in api, access, secret, private, auth, account, client, encryption, master, signing, shared, storage, service or license key. A password
    has six characters or more with a digit or a sign and 2.5 bits of entropy each; a key or token sixteen or more, letters and digits, and
    3.2 bits. Placeholders are left: `changeme`, `<your key>`, `xxxx`, `${VAR}`, whatever says `example`, names of variables and paths.

    Of findings that overlap the one stays whose kind comes first in the list of all kinds. Not found: passwords that are plain
    words, and keys of makers that are not named here with no telling name before them.
    """

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = get_args(Kind)
    """What is looked for; all if nothing is said."""
    checksums: bool = False
    """Whether tokens of GitHub and npm count only where the checksum in them holds. That leaves made-up ones alone, and mistyped ones too."""

    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        return secrets.find(texts, self.kinds, checksums=self.checksums).select(SPANS.names).cast(SPANS)

    def prepare(self) -> None:
        secrets.prepare()
