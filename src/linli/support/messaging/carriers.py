"""Carriers that need nobody outside."""

from linli.support.messaging.contracts import Parcel, Receipt


class RecordingCarrier:
    """Lets nothing leave the house: the record itself shows what would have been sent.

    Fills SMS, phone and WeChat in a demonstration.
    """

    async def carry(self, parcel: Parcel) -> Receipt:
        return Receipt(reference=f"demo-{parcel.message_id}", arrived=True)
