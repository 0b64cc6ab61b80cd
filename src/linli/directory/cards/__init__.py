"""Door cards: which are out, who holds them, which are lost. No gate is opened here."""
