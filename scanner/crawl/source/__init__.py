"""
Sources other than IMAP: mbox files, Maildirs, folders and zip files of .eml and .msg, PST files.

`SourceCrawl` does for them what `AccountCrawl` does for a server: it lists
mailboxes and UIDs, and yields the same batches. Everything is evidence: it is
opened read-only and only headers are kept.
"""
