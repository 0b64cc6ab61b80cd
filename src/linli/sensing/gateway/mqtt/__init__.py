"""MQTT 3.1.1 and 5 for devices: a codec and an engine without I/O, and the server around them."""
