"""The version of capsim."""

VERSION = "0.1.0"
