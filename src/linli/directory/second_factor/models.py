"""Tables of second factors."""

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, guarded, through

# Who manages an account may take its factor away, as they may give it a first password again.
_OF_ACCOUNTS = guarded(through("directory_account", "account_id"), app=Use.FULL)

factor_table = Table(
    "directory_second_factor",
    metadata,
    Column("account_id", Id, ForeignKey("directory_account.id"), primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("begun_at", Moment, nullable=False),
    # NULL: the app has not yet shown a right code.
    Column("confirmed_at", Moment),
    # The step of the last code that was taken; an older one, or the same, is not taken again.
    Column("last_step", BigInteger, nullable=False),
    info=_OF_ACCOUNTS,
)

code_table = Table(
    "directory_recovery_code",
    metadata,
    Column("account_id", Id, ForeignKey("directory_account.id"), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True),
    Column("used_at", Moment),
    info=_OF_ACCOUNTS,
)
