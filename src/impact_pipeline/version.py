"""The version of the package; apart, so that a room may ask it without importing what the package offers."""

__version__ = "0.1.0"
