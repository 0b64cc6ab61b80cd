"""The device simulator: a whole estate of terminals that speak MQTT and HTTP as real ones do.

It never imports linli, so what it achieves is achieved over the wire.
"""
