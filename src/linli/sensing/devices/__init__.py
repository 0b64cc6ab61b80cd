"""The register of devices: what stands where, through which connection it speaks, who may let it.

A connection is what authenticates: one device, or a site gateway with child devices behind it. A
command is written down before it is sent, so it waits for a device that is away.
"""
