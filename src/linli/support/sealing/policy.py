"""What may be shown of a number that is sealed. Pure."""

SHOWN_HEAD = 3
SHOWN_TAIL = 4
FEWEST_HIDDEN = 3


def masked_phone(phone: str) -> str:
    """`13812340001` → `138****0001`; a short number shows its last two digits only."""
    hidden = len(phone) - SHOWN_HEAD - SHOWN_TAIL
    if hidden < FEWEST_HIDDEN:
        return "*" * max(len(phone) - 2, 0) + phone[-2:]
    return phone[:SHOWN_HEAD] + "*" * hidden + phone[-SHOWN_TAIL:]
