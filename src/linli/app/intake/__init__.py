"""The intake: messages of all doors, decoded, recorded, judged and answered in one transaction."""
