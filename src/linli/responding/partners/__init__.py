"""Joint handling: somebody of another house (police, fire, lift firm) sees one incident for a time.

What a partner may is a grant over that incident that ends by itself; here stands who asked them in,
on what ground, and that it was ended early.
"""
