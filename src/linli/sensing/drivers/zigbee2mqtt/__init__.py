"""Zigbee2MQTT: a site gateway that speaks for the Zigbee devices around it."""
