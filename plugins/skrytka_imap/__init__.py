"""The IMAP front end: RFC 3501 and the extensions that the RFC table lists."""
