"""The ThingsBoard device and gateway API, spoken by many Chinese and foreign devices."""
