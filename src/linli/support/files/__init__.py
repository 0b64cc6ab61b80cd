"""Files: evidence, photos and recordings.

Bytes are kept once, under the hash of their content; a file is read only behind a grant, and no
reading goes without a trace in the audit.
"""
