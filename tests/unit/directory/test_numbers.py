"""Carriers find the real number of an account, and only linli's own work does."""

from uuid import UUID

from tests.unit.directory.town import CIPHER, Offices, Town

from linli.app.processes.surroundings import StaffNumbers


async def test_the_number_of_an_account_is_opened_for_sending(desks: Offices, town: Town) -> None:
    manager = town.accounts["wuye"]
    assert await StaffNumbers(desks.machine, CIPHER).number_of(manager) == "13812340001"
    assert await StaffNumbers(desks.machine, CIPHER).number_of(UUID(int=5)) is None
    assert await StaffNumbers(desks.app, CIPHER).number_of(manager) is None
