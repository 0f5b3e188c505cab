"""The version of wheelwell: said once, here, and read by the build from here."""

VERSION = "0.1.0"
