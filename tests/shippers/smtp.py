"""A mail server and a reader of mail: `smtp.py serve PORT FOLDER [CERTIFICATE KEY]`, `smtp.py read FOLDER`.

What arrives is kept as FOLDER/N.eml; to read is to print a JSON object a mail. With a certificate it speaks TLS from the first byte and wants
`loghelper` to sign in with the password `p4ss`.
"""

import email
import email.policy
import json
import pathlib
import ssl
import sys
import threading


def serve(port, folder, certificate=None, key=None):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    folder = pathlib.Path(folder)

    class Keep:
        def __init__(self):
            self.n = 0

        async def handle_DATA(self, server, session, envelope):
            if any(address.startswith("nobody@") for address in envelope.rcpt_tos):
                return "550 there is no such mailbox"
            part = folder / f"{self.n}.part"
            part.write_bytes(b"X-Rcpt: " + ",".join(envelope.rcpt_tos).encode() + b"\r\n" + envelope.original_content)
            part.rename(folder / f"{self.n}.eml")
            self.n += 1
            return "250 OK"

    more = {}
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)

        def authenticator(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (b"loghelper", b"p4ss"))

        more = {"ssl_context": context, "authenticator": authenticator, "auth_required": True, "auth_require_tls": False}
    Controller(Keep(), hostname="127.0.0.1", port=int(port), **more).start()
    print("ready", flush=True)
    threading.Event().wait()


def read(folder):
    for path in sorted(pathlib.Path(folder).glob("*.eml"), key=lambda path: int(path.stem)):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        part = lambda kind: mail.get_body((kind,)).get_content()
        print(json.dumps({
            "rcpt": mail["X-Rcpt"], "from": mail["From"], "to": mail["To"], "subject": mail["Subject"], "message_id": mail["Message-ID"],
            "list_id": mail["List-Id"], "text": part("plain"), "html": part("html"), "defects": [str(defect) for defect in mail.defects],
        }))


{"serve": serve, "read": read}[sys.argv[1]](*sys.argv[2:])
