"""ChirpStack 4: a LoRaWAN network server that passes on what meters and alarms sent by radio."""
