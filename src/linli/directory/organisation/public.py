"""The door of organisations: who governs an estate, who serves it, and how both are changed."""

from linli.directory.organisation.policy import same_world
from linli.directory.organisation.service import (
    add_organisation,
    all_contracts,
    all_organisations,
    communities_of,
    companies_of,
    company_for,
    contracts_on,
    end_contract,
    found_estate,
    is_training,
    organisation_of,
    organisations_above,
    organisations_named,
    property_companies,
    sign_contract,
)

__all__ = [
    "add_organisation",
    "all_contracts",
    "all_organisations",
    "communities_of",
    "companies_of",
    "company_for",
    "contracts_on",
    "end_contract",
    "found_estate",
    "is_training",
    "organisation_of",
    "organisations_above",
    "organisations_named",
    "property_companies",
    "same_world",
    "sign_contract",
]
