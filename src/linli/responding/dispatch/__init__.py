"""An order sends people: offered, accepted, arrived, fixed, verified; who wins it is settled."""
