/** Why somebody needs special care, in the order in which it is offered. */
export const TAGS = ["elder_alone", "elder", "disabled", "bedridden", "child_alone", "low_income"] as const;
